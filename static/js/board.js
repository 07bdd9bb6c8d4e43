/**
 * The board's cards, by id and in their order: open first, newest first, then done.
 *
 * 1. A state is applied only if its version is newer than what the card shows or what was deleted, so that applying
 * twice, late or out of order changes nothing. 2. `#order` is the order in the document. 3. A card that is being edited
 * neither moves nor goes until the editor closes. 4. Focus stays with a card that stays in sight, else in its place.
 * Dispatches from the card, bubbling: `note:changed` {note, before, live} and `note:going`; from the list: `note:gone`.
 */
import { cardFor, fill, noteOf, read } from "./card.js";
import { keepingFocus } from "./focus.js";

/** @typedef {import("./card.js").Note} Note */
/** @typedef {{id: number, card: HTMLElement, version: number, done: boolean, gone: boolean}} Place */

export class Board {
  /** @type {Map<number, Place>} */ #places = new Map();
  /** @type {Place[]} */ #order = [];
  /** @type {Map<number, number>} the version at which a note was deleted: a late page must not bring it back */
  #gone = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    for (const card of list.querySelectorAll(":scope > .note")) {
      const note = read(card);
      const place = { id: note.id, card, version: note.version, done: note.done, gone: false };
      this.#places.set(note.id, place);
      this.#order.push(place);
    }
    this.#divide();
  }

  get cards() {
    return this.#order.map(({ card }) => card);
  }

  /** @param {number} id */
  has(id) {
    return this.#places.has(id);
  }

  /**
   * @param {Note} note @param {boolean} live whether it comes as news, not as part of a list
   * @param {HTMLElement} [made] a card made beforehand, should one be needed
   */
  put(note, live, made) {
    const known = this.#places.get(note.id);
    if (note.version <= Math.max(known?.version ?? 0, this.#gone.get(note.id) ?? 0)) return;
    this.#gone.delete(note.id);
    const place = known ?? { id: note.id, card: made ?? cardFor(note), version: 0, done: note.done, gone: false };
    const before = known && noteOf(known.card);
    if (known) fill(known.card, note);
    Object.assign(place, { version: note.version, gone: false });
    this.#places.set(note.id, place);
    if (known) this.settle(place.card);
    else this.#insert(place);
    this.#divide();
    this.#dispatch(place.card, "changed", { note, before, live });
  }

  /** @param {Note} note its last state */
  remove(note) {
    const place = this.#places.get(note.id);
    this.#gone.set(note.id, Math.max(note.version, place?.version ?? 0, this.#gone.get(note.id) ?? 0));
    if (!place) return;
    this.#drop(place);
  }

  #drop(place) {
    place.gone = true;
    this.#dispatch(place.card, "going", {});
    this.settle(place.card);
  }

  /** Move or remove a card as its state asks, unless it is being edited. @param {HTMLElement} card */
  settle(card) {
    const place = this.#places.get(noteOf(card).id);
    if (!place || "editing" in card.dataset) return;
    const { done } = noteOf(card);
    if (!place.gone && place.done === done) return;
    keepingFocus(card, () => {
      this.#order.splice(this.#find(place), 1);
      if (place.gone) {
        this.#places.delete(place.id);
        card.remove();
      } else this.#insert(Object.assign(place, { done }));
    });
    this.#divide();
    if (place.gone) this.#dispatch(this.list, "gone", {});
  }

  /** What was known may not hold any more: every state is news. @returns {() => void} drops what had no news since */
  doubt() {
    this.#gone.clear();
    const doubtful = [...this.#places.values()];
    for (const place of doubtful) place.version = 0;
    return () => doubtful.filter(({ version }) => version === 0).forEach((place) => this.#drop(place));
  }

  #insert(place) {
    const index = this.#find(place);
    const before = this.#order[index]?.card ?? null;
    this.#order.splice(index, 0, place);
    // moveBefore keeps focus, selection and scroll; it is for what stands in the document already.
    if (place.card.isConnected && this.list.moveBefore) this.list.moveBefore(place.card, before);
    else this.list.insertBefore(place.card, before);
  }

  /** The first done note begins a row. */
  #divide() {
    const first = this.#order[this.#find({ done: true, id: Infinity })]?.card;
    if (first === this.firstDone) return;
    this.firstDone?.removeAttribute("data-first-done");
    first?.setAttribute("data-first-done", "");
    this.firstDone = first;
  }

  /** Where a place is, or belongs. */
  #find(place) {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(this.#order[middle], place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dispatch(element, name, detail) {
    return element.dispatchEvent(new CustomEvent(`note:${name}`, { bubbles: true, detail }));
  }
}

/** @param {Place} one @param {Place} other */
function precedes(one, other) {
  return one.done === other.done ? one.id > other.id : other.done;
}
