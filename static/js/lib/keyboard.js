/** Which key was meant: none while an input method composes a character, since Enter and Escape are for it then. */

/** @param {KeyboardEvent} event @returns {string} the key, or "" */
export function keyOf({ key, isComposing, keyCode }) {
  // Safari ends the composition before it tells of the key: 229 says that an input method has it.
  return isComposing || keyCode === 229 ? "" : key;
}

/** Enter alone or with Ctrl, which sends a message. @param {KeyboardEvent} event */
export const isSending = (event) => keyOf(event) === "Enter" && !event.shiftKey && !event.altKey;

/** Ctrl or ⌘ with Enter, which saves what has several lines. @param {KeyboardEvent} event */
export const isSaving = (event) => keyOf(event) === "Enter" && (event.ctrlKey || event.metaKey);
