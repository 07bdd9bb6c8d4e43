/** Where the focus goes when the card under it moves or goes: it stays where the eyes are, and is never lost. */
import { find } from "./elements.js";

/** @param {HTMLElement} card @param {() => void} move moves or removes it */
export function keepingFocus(card, move) {
  const active = /** @type {HTMLElement|null} */ (document.activeElement);
  if (!active || !card.contains(active)) return move();
  const neighbour = nextCard(card, 1) ?? nextCard(card, -1);
  move();
  if (inSight(card)) active.focus({ preventScroll: true });
  else (neighbour ?? find(document, ".composer [name=title]")).focus({ preventScroll: true });
}

/** The next card in a direction that is not hidden. @param {Element} card @param {number} step 1 or -1 @returns {HTMLElement|null} */
export function nextCard(card, step) {
  /** @type {Element|null} */ let next = card;
  do next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
  while (next && !next.checkVisibility());
  return /** @type {HTMLElement|null} */ (next);
}

/** @param {HTMLElement} card */
function inSight(card) {
  if (!card.isConnected || !card.checkVisibility()) return false;
  const { top, bottom } = card.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}
