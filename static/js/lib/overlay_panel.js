/** A `details` element whose content lies above the page: it closes when the focus leaves it, and by Escape. */
import { find } from "./elements.js";
import { keyOf } from "./keyboard.js";

/** @param {HTMLElement} element @param {AbortSignal} signal */
export function closeOnLeave(element, signal) {
  /** @param {Event} event */
  const leave = ({ target }) => target instanceof Node && !element.contains(target) && element.removeAttribute("open");
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape" || !element.hasAttribute("open")) return;
    element.removeAttribute("open");
    find(element, "summary").focus();
  };
  for (const name of ["click", "focusin"]) document.addEventListener(name, leave, { signal });
  element.addEventListener("keydown", press, { signal });
}
