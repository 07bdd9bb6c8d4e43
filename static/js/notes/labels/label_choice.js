/** The choice of labels for one note: each one is sent at once, one after the other, so that none is lost. */
import { noteOf } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";
import { keyOf } from "./board_labels.js";

export class LabelChoice {
  /** @type {string[]} */ #wanted = []; // keys or names whose toggling is not saved yet
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
    return this.#wanted.reduce(toggled, this.#current.labels ?? []);
  }

  /** @param {string} name */
  toggle(name) {
    this.#wanted.push(name);
    this.#work = this.#work.then(() => this.#send(name));
  }

  /** Wait until all is saved. @returns {Promise<boolean>} whether the labels differ from those at the beginning */
  async end() {
    await this.#work;
    return String(this.#newest.labels) !== String(this.before);
  }

  /** @param {string} name */
  async #send(name) {
    const { id } = this.#newest;
    /** @type {(note: Note) => void} */ const saved = (note) => {
      this.#newest = note;
    };
    const labels = () => toggled(this.#current.labels ?? [], name);
    await saving(this.card, this.feed, () => change("PATCH", `/${id}`, { labels: labels() }), { saved });
    this.#wanted = this.#wanted.slice(1);
    this.changed();
  }

  /** @returns {Note} the newer one of what the card shows and what was saved here */
  get #current() {
    const shown = noteOf(this.card);
    return shown.version > this.#newest.version ? shown : this.#newest;
  }
}

/** @param {string[]} names @param {string} name @returns {string[]} without it, or with it at the end */
function toggled(names, name) {
  const rest = names.filter((other) => keyOf(other) !== keyOf(name));
  return rest.length < names.length ? rest : [...names, name];
}
