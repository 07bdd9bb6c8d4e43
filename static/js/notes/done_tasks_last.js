/** Shows done tasks below the open ones of their list, by style alone; this browser stores the choice. */
import { store, stored } from "../lib/storage.js";

const LAST = "done-tasks-last";

/** @param {HTMLElement} list @param {HTMLElement|null} button none where the choice is only followed */
export function start(list, button) {
  const controller = new AbortController();
  /** @param {boolean} last */
  const show = (last) => {
    list.toggleAttribute("data-done-last", last);
    if (button) button.ariaPressed = String(last);
  };
  const toggle = () => {
    const last = !list.hasAttribute("data-done-last");
    store(LAST, last || null);
    show(last);
  };
  button?.addEventListener("click", toggle, { signal: controller.signal });
  show(Boolean(stored(LAST)));
  return () => controller.abort();
}
