/** The key of an event; none while an input method composes a character, because Enter and Escape belong to it then. */

/** @param {KeyboardEvent} event @returns {string} the key, or "" */
export function keyOf({ key, isComposing, keyCode }) {
  // Safari ends the composition before the key event: code 229 shows that the input method handles it.
  return isComposing || keyCode === 229 ? "" : key;
}

/** Enter alone or with Ctrl, which sends a message. @param {KeyboardEvent} event */
export const isSending = (event) => keyOf(event) === "Enter" && !event.shiftKey && !event.altKey;

/** Ctrl or ⌘ with Enter, which saves a field of several lines. @param {KeyboardEvent} event */
export const isSaving = (event) => keyOf(event) === "Enter" && (event.ctrlKey || event.metaKey);

/** Whether the browser is about to break the line, and not an input method that ends a word. @param {InputEvent} event `beforeinput` */
export const breaksLine = ({ inputType, isComposing, cancelable }) =>
  (inputType === "insertLineBreak" || inputType === "insertParagraph") && cancelable && !isComposing;

/** Whether a click is one of the main button, without a key that opens another window. @param {MouseEvent} event */
export const isPlain = ({ button, ctrlKey, metaKey, shiftKey, altKey }) =>
  button === 0 && !(ctrlKey || metaKey || shiftKey || altKey);
