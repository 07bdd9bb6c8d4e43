/** Which card is beside, above or below another one, by their places in the columns. */

/** @typedef {"left"|"right"|"above"|"below"} Side */

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
