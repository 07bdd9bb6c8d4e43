/** Puts an element beside a letter of a text field. */

const GAP = 4; // pixels
const COPIED = ["font", "letterSpacing", "lineHeight", "padding", "border", "textIndent", "tabSize", "direction"];

/**
 * @param {HTMLTextAreaElement|HTMLInputElement} field @param {number} index of the letter
 * @param {HTMLElement} element in the top layer: below the letter, or above it where there is more space; it begins where the letter does
 */
export function caretPlace(field, index, element) {
  const { top, left, right, height } = letterPlace(field, index);
  const { offsetWidth, offsetHeight } = element;
  const viewport = window.visualViewport;
  const bottom = viewport ? viewport.offsetTop + viewport.height : innerHeight;
  const below = top + height + GAP;
  const fits = below + offsetHeight <= bottom;
  element.style.top = `${fits ? below : Math.max(GAP, top - GAP - offsetHeight)}px`;
  const start = getComputedStyle(field).direction === "rtl" ? right - offsetWidth : left;
  element.style.left = `${Math.max(GAP, Math.min(start, innerWidth - offsetWidth - GAP))}px`;
}

/** Where a letter is in the window, measured in a copy of the field. @param {HTMLTextAreaElement|HTMLInputElement} field @param {number} index */
function letterPlace(field, index) {
  const copy = document.createElement("div");
  const style = /** @type {any} */ (getComputedStyle(field));
  for (const name of COPIED) /** @type {any} */ (copy.style)[name] = style[name];
  Object.assign(copy.style, {
    position: "fixed",
    top: "0",
    left: "0",
    visibility: "hidden",
    boxSizing: "border-box",
    width: `${field.clientWidth + field.offsetWidth - field.clientWidth}px`,
    whiteSpace: field instanceof HTMLInputElement ? "pre" : "pre-wrap",
    overflowWrap: "break-word",
  });
  const letter = document.createElement("i");
  letter.textContent = field.value[index] ?? ".";
  copy.append(field.value.slice(0, index), letter);
  document.body.append(copy);
  const { top, left, right, height } = letter.getBoundingClientRect();
  copy.remove();
  const box = field.getBoundingClientRect();
  const [across, down] = [box.left - field.scrollLeft, box.top - field.scrollTop];
  return { top: down + top, left: across + left, right: across + right, height };
}
