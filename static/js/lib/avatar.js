/** A user's initial in a coloured circle: the same letter and hue as from the server (macros/message.html). */

const HUES = 8;

/** @param {HTMLElement} element @param {string} name @param {number|null} id null for a guest */
export function drawAvatar(element, name, id) {
  element.textContent = [...name].slice(0, 1).join("").toUpperCase();
  element.dataset.hue = String((id ?? 0) % HUES);
}
