/** Which card is next to another one: in the order of the board, or by their places in the columns. */
import { cardBeside } from "./note_chunks.js";

/** @typedef {"left"|"right"|"above"|"below"} Side */

/** The next card that is shown, in the order of the board. @param {HTMLElement} card @param {number} step 1 or -1 */
export function nextCard(card, step) {
  let next = cardBeside(card, step);
  while (next && !isShown(next)) next = cardBeside(next, step);
  return next;
}

/** Whether a card is shown, in the window or not. Nothing is asked that costs the style of a far card. @param {HTMLElement} card */
export function isShown(card) {
  /** @type {HTMLElement|null} */ const lists = card.closest(".note-lists");
  if (!lists || card.hidden) return false;
  const isFolded = "fold" in lists.dataset && !lists.dataset.filter?.includes("done=true");
  return !isFolded || !("done" in card.dataset) || "editing" in card.dataset;
}

/**
 * The nearest card at a side: in the same column, or in the next one at about the same height.
 * @param {HTMLElement} list @param {HTMLElement} card @param {Side} side @returns {HTMLElement|null}
 */
export function neighbourOf(list, card, side) {
  const masonry = Masonry.of(list);
  const here = masonry.boxOf(card);
  const isBeside = side === "left" || side === "right";
  /** @type {HTMLElement|null} */ let nearest = null;
  let shortest = Number.POSITIVE_INFINITY;
  for (const other of masonry.cards) {
    const there = masonry.boxOf(other);
    const across = there.left - here.left;
    const down = there.top - here.top;
    const isThere = isBeside ? (side === "left" ? across < 0 : across > 0) : across === 0 && other !== card;
    if (!isThere || (side === "above" && down >= 0) || (side === "below" && down <= 0)) continue;
    const distance = isBeside ? Math.abs(across) * FAR + apart(here, there) : Math.abs(down);
    if (distance >= shortest) continue;
    nearest = other;
    shortest = distance;
  }
  return nearest;
}

const FAR = 1e6; // a column further is further away than any height

/** Pixels between the middle of one card and another card. @param {Place} one @param {Place} other */
function apart(one, other) {
  const middle = one.top + one.height / 2;
  return Math.max(other.top - middle, middle - other.top - other.height, 0);
}

/** @typedef {{top: number, height: number}} Place */
