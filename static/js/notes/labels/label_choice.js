/**
 * The choice of labels for one note. Each one is sent at once, one after the other, as a label that the note gets or loses: what
 * others choose meanwhile stays.
 */
import { noteOf } from "../note_card.js";
import { changeOne } from "../note_requests.js";
import { saving } from "../save_status.js";
import { followName, keyOf } from "./board_labels.js";

/** @typedef {{name: string, on: boolean}} Step */

export class LabelChoice {
  /** @type {Step[]} */ #wanted = []; // that are not saved yet
  /** @type {Map<string, Step>} */ #saved = new Map(); // by the label's key
  /** @type {Note} */ #newest;
  #work = Promise.resolve();
  changed = () => {};

  /** @param {HTMLElement} card @param {ExpectingFeed} feed */
  constructor(card, feed) {
    this.card = card;
    this.feed = feed;
    this.#newest = noteOf(card);
    this.before = this.#newest.labels ?? [];
  }

  /** The names that the note has, with what is being saved. */
  get names() {
    return this.#wanted.reduce(after, this.#current.labels ?? []);
  }

  /** @param {string} name */
  toggle(name) {
    const step = { name, on: !has(this.names, name) };
    this.#wanted.push(step);
    this.#work = this.#work.then(() => this.#send(step));
  }

  /** Wait until all is saved. @returns {Promise<(() => BulkChange)|null>} what takes back what was chosen here; null for nothing */
  async end() {
    await this.#work;
    const steps = [...this.#saved.values()].filter(({ name, on }) => on !== has(this.before, name));
    const changed = steps.map(({ name, on }) => ({ on, name: followName(name) }));
    /** @param {boolean} wanted */
    const chosen = (wanted) => changed.filter(({ on }) => on === wanted).map(({ name }) => name());
    const back = () => {
      const [added, removed] = [chosen(true), chosen(false)];
      return { ...(removed.length && { labels_add: removed }), ...(added.length && { labels_remove: added }) };
    };
    return changed.length ? back : null;
  }

  /** @param {Step} step */
  async #send(step) {
    /** @type {(note: Note) => void} */ const saved = (note) => {
      this.#newest = note;
      this.#saved.set(keyOf(step.name), step);
    };
    const change = { [step.on ? "labels_add" : "labels_remove"]: [step.name] };
    await saving(this.card, this.feed, () => changeOne(this.#newest.id, change), { saved });
    this.#wanted = this.#wanted.slice(1);
    this.changed();
  }

  /** @returns {Note} the newer one of what the card shows and what was saved here */
  get #current() {
    const shown = noteOf(this.card);
    return shown.version > this.#newest.version ? shown : this.#newest;
  }
}

/** @param {string[]} names @param {string} name */
const has = (names, name) => names.some((other) => keyOf(other) === keyOf(name));

/** @param {string[]} names @param {Step} step @returns {string[]} */
function after(names, { name, on }) {
  if (on) return has(names, name) ? names : [...names, name];
  return names.filter((other) => keyOf(other) !== keyOf(name));
}
