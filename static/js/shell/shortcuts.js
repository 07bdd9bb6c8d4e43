/** Single-key shortcuts, never while somebody types; the sheet that lists them; and the switch that turns them off. */
import { around, find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import { emit } from "../lib/page_events.js";
import { store, stored } from "../lib/storage.js";

const OFF = "shortcuts-off";
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/** @typedef {Record<string, (event: KeyboardEvent) => unknown>} Keys */

/**
 * @param {HTMLDialogElement} sheet
 * @param {Keys} pageKeys what the page's own keys do; what returns false did nothing
 */
export function start(sheet, pageKeys) {
  const controller = new AbortController();
  const { signal } = controller;
  const switcher = find(sheet, "[role=switch]");
  const dialogs = document.getElementsByTagName("dialog"); // the browser remembers them: to search thousands of cards at each key takes long
  /** @type {Keys} */
  const keys = {
    ...pageKeys,
    u: () => emit(document, "toast:undo"),
    "?": () => sheet.showModal(),
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const { target } = event;
    const key = keyOf(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (key !== "Escape" && (around(event, TYPING) || !Object.hasOwn(keys, key))) return;
    if ([...dialogs].some((dialog) => dialog.matches(":modal"))) return;
    if (key === "Escape" && around(event, ".note, .message") && target instanceof HTMLElement) target.blur();
    if (around(event, TYPING) || stored(OFF)) return;
    if (Object.hasOwn(keys, key) && keys[key](event) !== false) event.preventDefault();
  };
  /** @param {boolean} off */
  const turn = (off) => {
    store(OFF, off || null);
    switcher.ariaChecked = String(!off);
  };

  document.addEventListener("keydown", press, { signal });
  find(document, "#shortcuts-button").addEventListener("click", () => sheet.showModal(), { signal });
  sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close(), { signal });
  switcher.addEventListener("click", () => turn(!stored(OFF)), { signal });
  turn(Boolean(stored(OFF)));
  return () => controller.abort();
}
