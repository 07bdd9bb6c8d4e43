/** Ctrl+K (⌘K) opens the palette, which is loaded when it is first wanted. */
import { keyOf } from "../lib/keyboard.js";

/** @param {HTMLElement} link to the search, which names the palette's script */
export function start(link) {
  const controller = new AbortController();
  const toggle = async () => {
    const { palette = "" } = link.dataset;
    try {
      const { toggle } = await import(palette);
      await toggle();
    } catch {
      link.click(); // it did not load: the page of the search does the same
    }
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const { ctrlKey, metaKey, altKey, shiftKey, defaultPrevented } = event;
    if (ctrlKey === metaKey || altKey || shiftKey || defaultPrevented || keyOf(event).toLowerCase() !== "k") return;
    event.preventDefault(); // of Firefox: its own search
    toggle();
  };

  document.addEventListener("keydown", press, controller);
  return () => controller.abort();
}
