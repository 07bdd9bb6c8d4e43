/**
 * Selects cards: by their button, with Ctrl or ⌘ and a click, up to a card with Shift and a click, and while cards are being
 * selected by a click anywhere on them, or a tap. Ctrl+A selects all of them then, Escape ends it.
 */
import { may } from "../../boards/board_role.js";
import { around } from "../../lib/elements.js";
import { isPlain, keyOf } from "../../lib/keyboard.js";

const CONTROLS = "a, button, input, label, select, textarea, summary";
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], :popover-open";

/** @param {HTMLElement} element the list @param {HTMLElement} link begins a selection @param {import("./selection.js").Selection} selection */
export function start(element, link, selection) {
  const controller = new AbortController();
  const { signal } = controller;

  /** The card that a click selects; null: it is for the card itself. @param {MouseEvent} event */
  const target = (event) => {
    const card = around(event, ".note");
    if (!card || "editing" in card.dataset || !may("ticker")) return null;
    if (around(event, ".select-button")) return card;
    const wanted = selection.active || event.ctrlKey || event.metaKey;
    return wanted && !around(event, CONTROLS, Element) ? card : null;
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const card = target(event);
    if (!card) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) selection.extendTo(card);
    else selection.toggle(card);
  };
  /** Shift would select words. @param {MouseEvent} event */
  const press = (event) => {
    const card = selection.active && event.shiftKey && target(event);
    if (!card) return;
    event.preventDefault();
    card.focus({ preventScroll: true });
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (!selection.active || event.defaultPrevented || around(event, TYPING)) return;
    if (document.querySelector("dialog:modal")) return;
    const all = keyOf(event).toLowerCase() === "a" && (event.ctrlKey || event.metaKey);
    if (all) selection.all();
    else if (keyOf(event) === "Escape") selection.end();
    else return;
    event.preventDefault();
  };
  /** @param {MouseEvent} event */
  const begin = (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    if (selection.active) selection.end();
    else selection.begin();
  };
  link.addEventListener("click", begin, { signal });
  if (new URLSearchParams(location.search).has("select")) selection.begin();
  // Before the modules of the card get it.
  element.addEventListener("click", click, { signal, capture: true });
  element.addEventListener("mousedown", press, { signal });
  document.addEventListener("keydown", key, { signal });
  return () => controller.abort();
}
