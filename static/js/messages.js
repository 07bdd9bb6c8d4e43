/** What modules ask of the page as a whole, as DOM events: something to be read out, a message with a way back. */

/** @param {string} text for screen readers, without interrupting */
export function announce(text) {
  document.dispatchEvent(new CustomEvent("announce", { detail: text }));
}

/** @param {string} text @param {{label: string, run: () => void}} [action] */
export function toast(text, action) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, action } }));
}
