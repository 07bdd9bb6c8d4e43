/** The order of the board, which is the order in the document: open notes first, newest first, then done ones. */

/** @typedef {{id: number, done: boolean, card: HTMLElement}} Placed */

export class NoteOrder {
  /** @type {Placed[]} */ #placed = [];
  /** @type {HTMLElement|undefined} */ #firstDone;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
  }

  /** Add a card that is last in the document already. @param {Placed} placed */
  adopt(placed) {
    this.#placed.push(placed);
    this.#divide();
  }

  /** @param {Placed} placed */
  insert(placed) {
    const index = this.#find(placed);
    const before = this.#placed[index]?.card ?? null;
    this.#placed.splice(index, 0, placed);
    // Not by moveBefore: with the focus inside, it scrolls the window to the card.
    this.list.insertBefore(placed.card, before);
    this.#divide();
  }

  /** Remove its position; the card itself stays where it is. @param {Placed} placed */
  release(placed) {
    this.#placed.splice(this.#find(placed), 1);
    this.#divide();
  }

  /** The first done note starts a row. */
  #divide() {
    const first = this.#placed[this.#find({ done: true, id: Infinity })]?.card;
    if (first === this.#firstDone) return;
    this.#firstDone?.removeAttribute("data-first-done");
    first?.setAttribute("data-first-done", "");
    this.#firstDone = first;
  }

  /** Its index, or the index where it belongs. @param {Pick<Placed, "id"|"done">} placed */
  #find(placed) {
    let [low, high] = [0, this.#placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(this.#placed[middle], placed)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @param {Pick<Placed, "id"|"done">} one @param {Pick<Placed, "id"|"done">} other */
function precedes(one, other) {
  return one.done === other.done ? one.id > other.id : other.done;
}
