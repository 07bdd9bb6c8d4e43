/** What the composer and an editor have in common: a field of as many lines as are written. */

const MOST_LINES = 8;
const GROWS_ITSELF = CSS.supports("field-sizing", "content");

/** @param {HTMLTextAreaElement} field */
export function grow(field) {
  if (GROWS_ITSELF) return;
  field.rows = 1;
  while (field.rows < MOST_LINES && field.scrollHeight > field.clientHeight) field.rows++;
}

/** Whether a field can have the focus unasked: on a phone a keyboard would cover half of the screen. */
export const hasKeyboard = () => matchMedia("(hover: hover) and (pointer: fine)").matches;
