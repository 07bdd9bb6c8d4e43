/** Hides done notes; this browser stores the choice. */
import { store, stored } from "../lib/storage.js";

const FOLDED = "done-folded";

/** @param {HTMLElement} element the button @param {HTMLElement} list */
export function start(element, list) {
  const controller = new AbortController();
  /** @param {boolean} folded */
  const fold = (folded) => {
    list.toggleAttribute("data-fold", folded);
    element.ariaExpanded = String(!folded);
    store(FOLDED, folded || null);
  };
  element.addEventListener("click", () => fold(!list.hasAttribute("data-fold")), { signal: controller.signal });
  fold(Boolean(stored(FOLDED)));
  return () => controller.abort();
}
