/** Fields that grow with their text, in browsers without `field-sizing`. */

const MESSAGE = { least: 1, most: 8 }; // lines
const TEXT = { least: 3, most: 60 }; // the style sheet ends it earlier, by the height of the window
const GROWS_ITSELF = CSS.supports("field-sizing", "content");

/** Has the texts of the forms grow. @returns {() => void} stop */
export function start() {
  const controller = new AbortController();
  /** @param {Event} event */
  const grown = ({ target }) => target instanceof HTMLTextAreaElement && target.matches(".field *") && growText(target);
  document.addEventListener("input", grown, { signal: controller.signal });
  return () => controller.abort();
}

/** The field of a message. @param {HTMLTextAreaElement} field */
export const grow = (field) => fit(field, MESSAGE);

/** The field of a longer text. @param {HTMLTextAreaElement} field */
export const growText = (field) => fit(field, TEXT);

/** @param {HTMLTextAreaElement} field @param {{least: number, most: number}} lines */
function fit(field, { least, most }) {
  if (GROWS_ITSELF) return;
  field.rows = least;
  while (field.rows < most && field.scrollHeight > field.clientHeight) field.rows++;
}

/** Whether a field may be focused by a script: on a phone the keyboard would cover half of the screen. */
export const hasKeyboard = () => matchMedia("(hover: hover) and (pointer: fine)").matches;
