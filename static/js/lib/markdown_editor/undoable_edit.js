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
  document.execCommand(text ? "insertText" : "delete", false, text);
  if (field.value === wanted) return;
  field.value = wanted; // in a browser without that command
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
}
