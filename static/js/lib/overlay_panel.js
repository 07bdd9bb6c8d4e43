/** `details` elements whose content lies above the page: they close when the focus leaves them, and by Escape. */
import { find } from "./elements.js";
import { keyOf } from "./keyboard.js";

/** @param {HTMLElement} element the panel, or an element that contains panels, also future ones @param {AbortSignal} signal */
export function closeOnLeave(element, signal) {
  /** @returns {Element[]} */
  const opened = () => [element, ...element.querySelectorAll("details")].filter((one) => one.matches("details[open]"));
  /** @param {Event} event */
  const leave = ({ target }) => {
    if (!(target instanceof Node)) return;
    for (const panel of opened()) if (!panel.contains(target)) panel.removeAttribute("open");
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape") return;
    for (const panel of opened()) {
      panel.removeAttribute("open");
      find(panel, "summary").focus();
    }
  };
  for (const name of ["click", "focusin"]) document.addEventListener(name, leave, { signal });
  element.addEventListener("keydown", press, { signal });
}
