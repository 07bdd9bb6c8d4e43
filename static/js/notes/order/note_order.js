/**
 * The order of the board, which is the order in the document: pinned notes, then open ones, both by rank or as the viewer
 * sorts; then done ones, the last one ticked off first.
 */
import { fold } from "../../lib/search_text.js";
import { insertCard, reorderCards } from "../layout/note_chunks.js";

/** @typedef {{part: number, value: string, down: boolean, id: number}} Key part: 0 pinned, 1 open, 2 done; down: the greatest value first */
/** @typedef {{card: HTMLElement, key: Key}} Placed */

export const DONE = 2;
const RANK_BASE = 1_999_999_999_999; // as the server has it (schemas/ranks.py)
/** @type {Record<Sort, {down: boolean, value: (note: Note) => string}>} */
const SORTS = {
  // An event of an earlier version lacks the rank.
  board: { down: false, value: ({ rank, id }) => rank ?? String(RANK_BASE - id).slice(1) },
  changed: { down: true, value: ({ updated_at }) => comparable(updated_at) },
  created: { down: true, value: ({ created_at }) => comparable(created_at) },
  title: { down: false, value: ({ title, description }) => fold(`${title ?? ""}\n${description ?? ""}`) },
};

export class NoteOrder {
  /** @type {Placed[]} */ #placed = [];

  /** @param {HTMLElement} list @param {Sort} sort */
  constructor(list, sort) {
    this.list = list;
    this.sort = sort;
  }

  /** Where a note belongs. @param {Note} note @returns {Key} */
  keyOf(note) {
    const { id, done, pinned, done_at } = note;
    if (done) return { part: DONE, value: comparable(done_at ?? ""), down: true, id };
    const { down, value } = SORTS[this.sort];
    return { part: pinned ? 0 : 1, value: value(note), down, id };
  }

  /** Add cards that are in the document already. @param {Placed[]} placed */
  adopt(placed) {
    this.#placed = placed;
    this.#arrange();
  }

  /** @param {Placed} placed */
  insert(placed) {
    const index = this.#count((other) => precedes(other.key, placed.key));
    const before = this.#placed[index]?.card ?? null;
    this.#placed.splice(index, 0, placed);
    insertCard(this.list, placed.card, before, placed.key.part === DONE);
  }

  /** Remove its position; the card itself stays where it is. @param {Placed} placed */
  release(placed) {
    this.#placed.splice(
      this.#count((other) => precedes(other.key, placed.key)),
      1,
    );
  }

  /** Order all cards again. @param {Sort} sort @param {(card: HTMLElement) => Note} noteOf */
  sortBy(sort, noteOf) {
    this.sort = sort;
    for (const placed of this.#placed) placed.key = this.keyOf(noteOf(placed.card));
    this.#arrange();
  }

  #arrange() {
    const isOrdered = this.#placed.every(({ key }, index) => !index || precedes(this.#placed[index - 1].key, key));
    if (isOrdered) return;
    this.#placed.sort((one, other) => (precedes(one.key, other.key) ? -1 : 1));
    const cards = this.#placed.map(({ card }) => card);
    const open = this.#count(({ key }) => key.part < DONE);
    reorderCards(this.list, cards.slice(0, open), cards.slice(open));
  }

  /** How many cards come first that are as asked; after them none is. @param {(placed: Placed) => boolean} comesFirst */
  #count(comesFirst) {
    let [low, high] = [0, this.#placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comesFirst(this.#placed[middle])) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Ranks, times and folded texts are all compared as they are written. @param {Key} one @param {Key} other */
export function precedes(one, other) {
  if (one.part !== other.part) return one.part < other.part;
  if (one.value !== other.value) return one.value < other.value !== one.down;
  return one.id > other.id;
}

/** A time without its last letter, so that a longer fraction of a second is greater. @param {string} date RFC 3339, in UTC */
const comparable = (date) => date.replace("Z", "");
