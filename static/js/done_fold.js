/** Done notes can be folded away; this browser remembers it. */
import { keep, kept } from "./storage.js";

const FOLDED = "done-folded";

/** @param {HTMLElement} element the button @param {HTMLElement} list */
export function start(element, list) {
  const over = new AbortController();
  const fold = (folded) => {
    list.toggleAttribute("data-fold", folded);
    element.ariaExpanded = String(!folded);
    element.querySelector(".label").textContent = folded ? "Show done" : "Hide done";
    keep(FOLDED, folded || null);
  };
  element.addEventListener("click", () => fold(!list.hasAttribute("data-fold")), { signal: over.signal });
  fold(Boolean(kept(FOLDED)));
  return () => over.abort();
}
