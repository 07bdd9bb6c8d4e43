/** Shows a card's tools by the button "⋯", where nothing hovers over a card. */
import { around } from "../../lib/elements.js";

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {HTMLElement|null} */ let opened = null;

  const close = () => {
    if (opened) opened.ariaExpanded = "false";
    opened = null;
  };
  /** @param {Event} event */
  const click = (event) => {
    const button = around(event, ".tools-button");
    const before = opened;
    if (!button && around(event, ".note-tools")) return;
    close();
    if (!button || button === before) return;
    button.ariaExpanded = "true";
    opened = button;
  };
  document.addEventListener("click", click, { signal });
  element.addEventListener("editor:opened", close, { signal });
  return () => controller.abort();
}
