/** Shows a card's tools by the button "⋯", where nothing hovers over a card. */
import { around } from "../../lib/elements.js";

/** @param {HTMLElement} button @param {boolean} open */
function show(button, open) {
  button.ariaExpanded = String(open);
  button.closest(".note")?.toggleAttribute("data-tools", open);
}

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {HTMLElement|null} */ let opened = null;

  const close = () => {
    if (opened) show(opened, false);
    opened = null;
  };
  /** @param {Event} event */
  const click = (event) => {
    const button = around(event, ".tools-button");
    const before = opened;
    if (!button && around(event, ".note-tools, .tasks-actions, .move-handle")) return;
    close();
    if (!button || button === before) return;
    show(button, true);
    opened = button;
  };
  document.addEventListener("click", click, { signal });
  element.addEventListener("editor:opened", close, { signal });
  return () => controller.abort();
}
