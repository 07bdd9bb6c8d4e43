/** Focuses a clicked button. Safari focuses the element around it, and keyboard navigation would continue from there. */
import { around } from "./elements.js";

/** @returns {() => void} stop */
export function start() {
  const controller = new AbortController();
  /** @param {MouseEvent} event */
  const click = (event) => {
    const button = around(event, "button, summary");
    const active = document.activeElement;
    // A focus outside of the button's ancestors is intentional. A click by a script has detail 0.
    if (button && event.detail && button !== active && active?.contains(button)) button.focus({ preventScroll: true });
  };
  document.addEventListener("click", click, { capture: true, signal: controller.signal });
  return () => controller.abort();
}
