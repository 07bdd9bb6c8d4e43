/** Keys to move in a list, and to act on an item. Both functions return whether they did anything. */

/** @param {HTMLElement|null|undefined} item */
export function goTo(item) {
  item?.focus({ preventScroll: true });
  item?.scrollIntoView({ block: "nearest" });
  return Boolean(item);
}

/** @param {Element|null} item @param {string} selector of a control in it */
export function keyClick(item, selector) {
  /** @type {HTMLElement|null|undefined} */ const target = item?.querySelector(selector);
  if (!target?.checkVisibility()) return false; // not for this viewer
  target.click();
  return true;
}
