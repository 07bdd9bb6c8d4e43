/** Moving among the items of a list, and what is done to one, by a key. Both return whether there was anything to do. */

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
