/**
 * The selected cards of the board.
 *
 * 1. A card that leaves the page, or is hidden, leaves the selection. A change of its note does not touch it. 2. When the last
 * card leaves, the selection ends. 3. No more cards are selected than one change takes.
 * Dispatches `selection:changed` from the list, at most once a frame.
 */
import { emit } from "../../lib/page_events.js";
import { isShown } from "../layout/neighbours.js";
import { cardsIn } from "../layout/note_chunks.js";
import { noteOf } from "../note_card.js";

export const SELECTED_MAX = 200; // as the server has it (schemas/bulk_changes.py)

export class Selection {
  /** @type {Set<HTMLElement>} */ #cards = new Set();
  /** @type {HTMLElement|null} where a range begins */ #anchor = null;
  #frame = 0;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    for (const name of /** @type {const} */ (["note:changed", "note:deleted", "notes:filtered"]))
      list.addEventListener(name, () => this.active && this.#changed());
  }

  /** Whether cards are being selected, though none may be yet. */
  get active() {
    return "selecting" in this.list.dataset;
  }

  get size() {
    return this.#cards.size;
  }

  /** The selected cards, in the order of the board. */
  get cards() {
    return cardsIn(this.list).filter((card) => this.#cards.has(card));
  }

  get notes() {
    return this.cards.map(noteOf);
  }

  /** @param {HTMLElement} card */
  has(card) {
    return this.#cards.has(card);
  }

  begin() {
    this.list.dataset.selecting = "";
    this.#changed();
  }

  end() {
    for (const card of this.#cards) this.#mark(card, false);
    delete this.list.dataset.selecting;
    this.#changed();
  }

  /** @param {HTMLElement} card @param {boolean} [wanted] by default the other way round */
  toggle(card, wanted = !this.has(card)) {
    this.#mark(card, wanted);
    this.#anchor = card;
    if (this.size) this.begin();
    else this.end();
  }

  /** Select all cards from the last one that was chosen to this one. @param {HTMLElement} card */
  extendTo(card) {
    const shown = this.#shown();
    const from = this.active && this.#anchor ? this.#anchor : card;
    const ends = [shown.indexOf(from), shown.indexOf(card)].sort((one, other) => one - other);
    if (ends[0] < 0) return this.toggle(card, true);
    for (const one of shown.slice(ends[0], ends[1] + 1)) this.#mark(one, true);
    this.begin();
  }

  all() {
    for (const card of this.#shown()) this.#mark(card, true);
    this.begin();
  }

  /** The card that was chosen last, if it is still there. */
  get last() {
    return this.#anchor && isShown(this.#anchor) ? this.#anchor : null;
  }

  #shown() {
    return cardsIn(this.list).filter(isShown);
  }

  /** @param {HTMLElement} card @param {boolean} selected */
  #mark(card, selected) {
    if (selected && this.size >= SELECTED_MAX) return;
    if (selected) this.#cards.add(card);
    else this.#cards.delete(card);
    card.toggleAttribute("data-selected", selected);
    const button = card.querySelector(".select-button");
    if (button) button.ariaPressed = String(selected);
  }

  #changed() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const before = this.size;
      for (const card of this.#cards) if (!isShown(card)) this.#mark(card, false);
      if (before && !this.size) this.end();
      emit(this.list, "selection:changed");
    });
  }
}
