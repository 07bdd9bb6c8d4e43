/** A button that is clicked has the focus. Safari gives it to what is around the button, and what comes next would start there. */
import { around } from "./elements.js";

/** @returns {() => void} stop */
export function start() {
  const over = new AbortController();
  /** @param {MouseEvent} event */
  const click = (event) => {
    const button = around(event, "button, summary");
    const active = document.activeElement;
    // What has the focus and is not around it has been left there on purpose. A script's click is nobody's: detail is 0.
    if (button && event.detail && button !== active && active?.contains(button)) button.focus({ preventScroll: true });
  };
  document.addEventListener("click", click, { capture: true, signal: over.signal });
  return () => over.abort();
}
