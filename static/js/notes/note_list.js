/**
 * The board's cards, by id.
 *
 * 1. A state is applied only if it is newer than the known one (lib/versioned_list.js). 2. A card that is being edited
 * is neither moved nor removed until the editor closes. 3. The focus stays in its place: when its card leaves its part of
 * the board, the next card gets it. In a card that moves within its part the focus stays, and in one that is pinned. The page
 * does not scroll. 4. Of a note that the page's filter excludes there is no card.
 * Dispatches from the card, bubbling: `note:changed` {note, before, live} and `note:deleting`; from the list:
 * `note:deleted`.
 */
import { handOn, keepFocus } from "../lib/focus.js";
import { emit } from "../lib/page_events.js";
import { VersionedList } from "../lib/versioned_list.js";
import { nextCard } from "./layout/neighbours.js";
import { cardsIn, joinChunks, removeCard } from "./layout/note_chunks.js";
import { cardFor, fill, noteOf, read } from "./note_card.js";
import { DONE, NoteOrder, precedes } from "./order/note_order.js";

/** @typedef {{id: number, card: HTMLElement, key: import("./order/note_order.js").Key, leaves: boolean}} Place leaves: deleted, or of another page */

export class NoteList {
  /** @type {Map<number, Place>} */ #places = new Map();
  #versions = new VersionedList();

  /** @param {HTMLElement} list the lists of cards @param {Sort} [sort] @param {(note: Note) => boolean} [matches] whether a note belongs on the page */
  constructor(list, sort = "board", matches = () => true) {
    this.list = list;
    this.matches = matches;
    this.order = new NoteOrder(list, sort);
    joinChunks(list);
    for (const card of cardsIn(list)) {
      const note = read(card);
      this.#versions.accept(note);
      this.#places.set(note.id, { id: note.id, card, key: this.order.keyOf(note), leaves: false });
    }
    this.order.adopt([...this.#places.values()]);
  }

  get size() {
    return this.#places.size;
  }

  /** @param {number} id */
  has(id) {
    return this.#places.has(id);
  }

  /** Notes in the order that they have on the board. @param {Note[]} notes */
  inOrder(notes) {
    const keys = new Map(notes.map((note) => [note, this.order.keyOf(note)]));
    const keyOf = /** @type {(note: Note) => import("./order/note_order.js").Key} */ ((note) => keys.get(note));
    return [...notes].sort((one, other) => (precedes(keyOf(one), keyOf(other)) ? -1 : 1));
  }

  /**
   * @param {Note} note @param {boolean} live whether it comes as news, not as part of a list
   * @param {HTMLElement} [made] a card made beforehand, should one be needed
   */
  put(note, live, made) {
    if (!this.#versions.accept(note)) return;
    const known = this.#places.get(note.id);
    const leaves = !this.matches(note);
    if (leaves && !known) return;
    const place = known ?? { id: note.id, card: made ?? cardFor(note), key: this.order.keyOf(note), leaves };
    const before = known && noteOf(known.card);
    if (known) fill(known.card, note);
    place.leaves = leaves;
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
    place.leaves = true;
    emit(place.card, "note:deleting");
    this.settle(place.card);
  }

  /** Move or remove a card as its state asks, unless it is being edited. @param {HTMLElement} card */
  settle(card) {
    const place = this.#places.get(noteOf(card).id);
    if (!place || "editing" in card.dataset) return;
    const key = this.order.keyOf(noteOf(card));
    const { part, value } = place.key;
    if (!place.leaves && part === key.part && value === key.value) return;
    const move = () => {
      this.order.release(place);
      place.key = key;
      if (place.leaves) removeCard(card);
      else this.order.insert(place);
    };
    const leavesPart = part !== key.part && Math.max(part, key.part) === DONE; // a pin can be taken back at once
    if (place.leaves || leavesPart) handOn(card, move, () => nextOf(place));
    else keepFocus(card, move);
    if (!place.leaves) return;
    this.#places.delete(place.id);
    emit(this.list, "note:deleted");
  }

  /** @param {Sort} sort */
  sortBy(sort) {
    keepFocus(this.list, () => this.order.sortBy(sort, noteOf));
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
function nextOf({ card, key }) {
  const near = [nextCard(card, 1), nextCard(card, -1)].filter((other) => other !== null);
  const wasDone = key.part === DONE;
  return near.find((other) => noteOf(other).done === wasDone) ?? near[0] ?? null;
}
