/** The keys of a field with Markdown: Enter and Tab in lists, Ctrl or ⌘ with B and I. */
import { breaksLine, keyOf } from "../keyboard.js";
import { toggleBold, toggleItalic } from "./inline_commands.js";
import { breakLine, indentItems } from "./list_editing.js";
import { applyEdit, undoReplacement } from "./undoable_edit.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */

/** @type {Record<string, (text: string, start: number, end: number) => Edit>} */
const COMMANDS = { b: toggleBold, i: toggleItalic };
const HINT = "markdown-hint"; // the element that tells screen readers of these keys

/** @param {HTMLTextAreaElement} field @param {AbortSignal} [signal] */
export function start(field, signal) {
  let withModifier = false;
  /** @param {(text: string, start: number, end: number) => Edit|null} edit @returns {boolean} whether there was something to do */
  const run = (edit) => {
    const made = edit(field.value, field.selectionStart, field.selectionEnd);
    if (made) applyEdit(field, made);
    return Boolean(made);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const { ctrlKey, metaKey, altKey, shiftKey } = event;
    const key = keyOf(event);
    const hasControl = (ctrlKey || metaKey) && !altKey && !shiftKey;
    withModifier = ctrlKey || metaKey || altKey || shiftKey;
    /** @type {((text: string, start: number, end: number) => Edit|null)|undefined} */ let edit;
    if (hasControl) edit = COMMANDS[key.toLowerCase()];
    else if (key === "Tab" && !altKey) edit = (text, from, to) => indentItems(text, from, to, shiftKey);
    const isUndone = hasControl && key === "z" && undoReplacement(field);
    if (isUndone || (edit && run(edit))) event.preventDefault();
  };
  // Not at the key: a keyboard on a screen may report none, and an input method or a shortcut may use it.
  /** @param {InputEvent} event */
  const input = (event) => {
    if (breaksLine(event) && !withModifier && run(breakLine)) event.preventDefault();
  };
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby")} ${HINT}`);
  field.addEventListener("keydown", press, { signal });
  field.addEventListener("beforeinput", input, { signal });
}
