/** A modal dialog around a form or another part of the page, which closes by itself. */
import { clone, find } from "./elements.js";
import { keyOf } from "./keyboard.js";

const MESSAGES = "#announcer, #toasts"; // nothing outside of an open dialog is shown above it, or read out

/**
 * Open a sheet.
 * @param {string} id of its template @param {HTMLElement} parent where it is in the document; it must not move
 * @param {HTMLElement} content @param {() => void} cancel closes it
 */
export function openSheet(id, parent, content, cancel) {
  const sheet = clone(id, HTMLDialogElement);
  let pressed = /** @type {EventTarget|null} */ (null);
  sheet.addEventListener("pointerdown", ({ target }) => {
    pressed = target;
  });
  // Not for a selection that ends outside.
  sheet.addEventListener("click", ({ target }) => target === sheet && pressed === sheet && cancel());
  sheet.addEventListener("keydown", (event) => {
    if (keyOf(event) !== "Escape") return;
    event.preventDefault(); // the content handles the key by itself
    if (event.target === sheet) cancel();
  });
  // The back gesture of a phone.
  sheet.addEventListener("cancel", (event) => {
    event.preventDefault();
    cancel();
  });
  sheet.append(content);
  parent.append(sheet);
  sheet.showModal();
  sheet.append(...document.querySelectorAll(MESSAGES));
  return sheet;
}

/** @param {HTMLDialogElement} sheet */
export function closeSheet(sheet) {
  find(document, "body").append(...sheet.querySelectorAll(MESSAGES));
  sheet.close();
  sheet.remove();
}
