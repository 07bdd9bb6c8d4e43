/**
 * The board's cards, by id.
 *
 * 1. A state is applied only if it is newer than the known one (lib/versioned_list.js). 2. A card that is being edited
 * is neither moved nor removed until the editor closes. 3. The focus stays in its place: when its card is moved or removed,
 * the next card gets it, and the page does not scroll.
 * Dispatches from the card, bubbling: `note:changed` {note, before, live} and `note:deleting`; from the list:
 * `note:deleted`.
 */
import { handOn, nextShown } from "../lib/focus.js";
import { emit } from "../lib/page_events.js";
import { VersionedList } from "../lib/versioned_list.js";
import { cardFor, cardsIn, fill, noteOf, read } from "./note_card.js";
import { NoteOrder } from "./note_order.js";

/** @typedef {{id: number, card: HTMLElement, done: boolean, deleted: boolean}} Place */

export class NoteList {
  /** @type {Map<number, Place>} */ #places = new Map();
  #versions = new VersionedList();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.order = new NoteOrder(list);
    for (const card of cardsIn(list)) {
      const note = read(card);
      const place = { id: note.id, card, done: note.done, deleted: false };
      this.#versions.accept(note);
      this.#places.set(note.id, place);
      this.order.adopt(place);
    }
  }

  get size() {
    return this.#places.size;
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
    if (!this.#versions.accept(note)) return;
    const known = this.#places.get(note.id);
    const place = known ?? { id: note.id, card: made ?? cardFor(note), done: note.done, deleted: false };
    const before = known && noteOf(known.card);
    if (known) fill(known.card, note);
    place.deleted = false;
    this.#places.set(note.id, place);
    if (known) this.settle(place.card);
    else this.order.insert(place);
    emit(place.card, "note:changed", { note, before, live });
  }

  /** @param {Note} note its last state */
  remove(note) {
    const place = this.#places.get(note.id);
    this.#versions.delete(note);
    if (place) this.#drop(place);
  }

  /** @param {Place} place */
  #drop(place) {
    place.deleted = true;
    emit(place.card, "note:deleting");
    this.settle(place.card);
  }

  /** Move or remove a card as its state asks, unless it is being edited. @param {HTMLElement} card */
  settle(card) {
    const { id, done } = noteOf(card);
    const place = this.#places.get(id);
    if (!place || "editing" in card.dataset || (!place.deleted && place.done === done)) return;
    const move = () => {
      this.order.release(place);
      place.done = done;
      if (place.deleted) card.remove();
      else this.order.insert(place);
    };
    handOn(card, move, () => nextOf(place));
    if (!place.deleted) return;
    this.#places.delete(id);
    emit(this.list, "note:deleted");
  }

  /** The known states may be out of date: accept any state. @returns {() => void} removes the cards that got none */
  markStale() {
    this.#versions.markStale(this.#places.keys());
    return () => {
      for (const [id, place] of this.#places) if (this.#versions.isStale(id)) this.#drop(place);
    };
  }
}

/** The next card, of those that are open or of those that are done, as this one was. @param {Place} place */
function nextOf({ card, done }) {
  const near = [nextShown(card, 1), nextShown(card, -1)].filter((other) => other !== null);
  return near.find((other) => noteOf(other).done === done) ?? near[0] ?? null;
}
