/** Moves the focus to a neighbour when the focused element moves, hides or is removed. The page does not scroll for it. */
import { find } from "./elements.js";

const TAKES_FOCUS = "[tabindex], a[href], button, input, select, textarea, summary";

/**
 * Move, hide or remove an element, and pass on the focus if it is inside.
 * @param {HTMLElement} element @param {() => void} change
 * @param {() => HTMLElement|null} [heir] who has it next, asked before the change; the page's main part for null
 */
export function handOn(element, change, heir = () => beside(element)) {
  if (!element.contains(document.activeElement)) return change();
  const next = heir() ?? find(document, "#main");
  change();
  next.focus({ preventScroll: true });
}

/**
 * Move an element, or elements in it; the focus stays where it is.
 * @param {HTMLElement} element @param {() => void} change
 */
export function keepFocus(element, change) {
  const active = document.activeElement;
  change();
  if (active instanceof HTMLElement && element.contains(active)) active.focus({ preventScroll: true });
}

/** Remove all items of a list. @param {HTMLElement} list */
export const removeAll = (list) =>
  handOn(
    list,
    () => list.replaceChildren(),
    () => null,
  );

/** The focusable element in the next item of a list, or in the one before. @param {Element} item @returns {HTMLElement|null} */
function beside(item) {
  const next = nextShown(item, 1) ?? nextShown(item, -1);
  if (!next || next.matches(TAKES_FOCUS)) return next;
  /** @type {NodeListOf<HTMLElement>} */ const controls = next.querySelectorAll(TAKES_FOCUS);
  return [...controls].find((control) => control.checkVisibility()) ?? null;
}

/** The next item in a direction that is not hidden. @param {Element} item @param {number} step 1 or -1 @returns {HTMLElement|null} */
function nextShown(item, step) {
  /** @type {Element|null} */ let next = item;
  do next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
  while (next && !next.checkVisibility());
  return /** @type {HTMLElement|null} */ (next);
}

/** Remove an item of a list, if there is one. @param {HTMLElement|null|undefined} item */
export const remove = (item) => item && handOn(item, () => item.remove());

/**
 * Put an item where it belongs in a list; its focus stays.
 * @param {Element} list @param {HTMLElement} item @param {(one: HTMLElement, other: HTMLElement) => boolean} comesBefore
 */
export function place(list, item, comesBefore) {
  const items = /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);
  const next = [...items].find((other) => other !== item && comesBefore(item, other)) ?? null;
  if (item.parentElement === list && item.nextElementSibling === next) return;
  keepFocus(item, () => list.insertBefore(item, next));
}
