/** Changes the text of a field as typing does: the browser's undo reverts it, and `input` events report it. */

/**
 * Text that replaces a part of a field's value.
 * @typedef {object} Edit
 * @property {number} from
 * @property {number} to
 * @property {string} text
 * @property {[number, number]} [selection] afterwards, in the new value; by default the end of `text`
 */

/** @typedef {HTMLTextAreaElement|HTMLInputElement} TextField */

const LINES_MAX = 200; // at once: Chromium lays out the whole text for each of them
/** The last edit of each field that the browser cannot undo. @type {WeakMap<TextField, {before: string, after: string}>} */
const replaced = new WeakMap();

/** @param {TextField} field gets the focus @param {Edit} edit */
export function applyEdit(field, { from, to, text, selection = [from + text.length, from + text.length] }) {
  if (field.readOnly) return;
  const { value } = field;
  field.focus({ preventScroll: true });
  if (value.slice(from, to) !== text) {
    field.setSelectionRange(from, to);
    replaceSelection(field, text, value.slice(0, from) + text + value.slice(to));
  }
  field.setSelectionRange(...selection);
}

/**
 * The only way to change a field without losing its undo history is an old one.
 * @param {TextField} field @param {string} text @param {string} wanted the value afterwards
 */
function replaceSelection(field, text, wanted) {
  const before = field.value;
  if (text.split("\n").length <= LINES_MAX) document.execCommand(text ? "insertText" : "delete", false, text);
  if (field.value === wanted) return;
  setValue(field, wanted);
  replaced.set(field, { before, after: wanted });
}

/** Undo an edit that the browser cannot, if it was the last change. @param {TextField} field @returns {boolean} whether it was */
export function undoReplacement(field) {
  const edit = replaced.get(field);
  if (!edit || edit.after !== field.value) return false;
  replaced.delete(field);
  setValue(field, edit.before);
  return true;
}

/** @param {TextField} field @param {string} value */
function setValue(field, value) {
  field.value = value;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
}
