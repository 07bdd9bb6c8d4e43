/** On a phone the field of the search is behind a button, unless it has words or the focus. */
import { find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";

/** @param {HTMLElement} element the bar of the board */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  const field = find(element, "#search-field", HTMLInputElement);
  const button = find(element, "#search-button");

  const close = () => element.toggleAttribute("data-searching", Boolean(field.value));
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape") return;
    field.value = "";
    close();
    if (button.checkVisibility()) button.focus();
  };
  button.addEventListener("click", openSearch, { signal });
  field.addEventListener("keydown", press, { signal });
  field.addEventListener("blur", close, { signal });
  return () => controller.abort();
}

/** Go to the field of the search. */
export function openSearch() {
  const field = find(document, "#search-field", HTMLInputElement);
  field.closest(".board-bar")?.setAttribute("data-searching", "");
  field.select();
}
