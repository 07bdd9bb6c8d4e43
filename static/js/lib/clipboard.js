/** Copy buttons for secrets that are shown once. */
import { around, find } from "./elements.js";
import { announce } from "./page_events.js";

/** @param {HTMLElement} element what has the buttons in it */
export function start(element) {
  const controller = new AbortController();
  /** @param {Event} event */
  const click = async (event) => {
    const button = around(event, ".copy-button");
    if (!button) return;
    const field = find(element, `#${button.dataset.copies}`, HTMLInputElement);
    field.select();
    const copied = await copy(field.value);
    find(button, ".label").textContent = copied ? "Copied" : "Press Ctrl+C";
    announce(copied ? "Copied." : "Selected. Press Ctrl+C to copy.");
  };
  element.addEventListener("click", click, { signal: controller.signal });
  return () => controller.abort();
}

/** Whether it was copied: the clipboard needs https or localhost. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
