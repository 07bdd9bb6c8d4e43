/**
 * The choice of labels for a note, or for several: a label that all of them have is chosen. Each step is sent at once, one after
 * the other, as a label that the notes get or lose: what others choose stays.
 */
import { shownNote } from "../note_card.js";
import { grouped } from "../selection/ways_back.js";
import { followName, keyOf } from "./board_labels.js";

/** @typedef {{name: string, on: boolean}} Step */
/** @typedef {(change: BulkChange, saved: (notes: Note[]) => void) => Promise<void>} Send */

export class LabelChoice {
  /** @type {Step[]} */ #wanted = []; // that are not saved yet
  /** @type {Map<string, Step>} */ #saved = new Map(); // by the label's key
  /** @type {Map<number, Note>} as they were saved last */ #notes;
  #work = Promise.resolve();
  changed = () => {};

  /** @param {Note[]} notes @param {Send} send a change of all of them */
  constructor(notes, send) {
    this.before = notes;
    this.send = send;
    this.#notes = new Map(notes.map((note) => [note.id, note]));
  }

  /** The names that all notes have, with what is being saved. */
  get names() {
    const [first = [], ...others] = [...this.#notes.values()].map((note) => newest(note).labels ?? []);
    const common = first.filter((name) => others.every((labels) => has(labels, name)));
    return this.#wanted.reduce(after, common);
  }

  /** @param {string} name */
  toggle(name) {
    const step = { name, on: !has(this.names, name) };
    this.#wanted.push(step);
    this.#work = this.#work.then(() => this.#send(step));
  }

  /**
   * Wait until all is saved.
   * @returns {Promise<{count: number, back: () => BulkWay[]}|null>} of the notes that differ from the beginning by what was
   * chosen here: how many, and what takes that back; null for none
   */
  async end() {
    await this.#work;
    const steps = [...this.#saved.values()].map(({ name, on }) => ({ name, on, nameNow: followName(name) }));
    const changes = this.before
      .map(({ id, labels = [] }) => ({ id, made: steps.filter(({ name, on }) => on !== has(labels, name)) }))
      .filter(({ made }) => made.length);
    return changes.length ? { count: changes.length, back: () => grouped(changes.map(backOf)) } : null;
  }

  /** @param {Step} step */
  async #send(step) {
    /** @type {(notes: Note[]) => void} */ const saved = (notes) => {
      for (const note of notes) this.#notes.set(note.id, note);
      this.#saved.set(keyOf(step.name), step);
    };
    await this.send({ [step.on ? "labels_add" : "labels_remove"]: [step.name] }, saved);
    this.#wanted = this.#wanted.slice(1);
    this.changed();
  }
}

/** What takes steps back; a label may have another name by now. @param {{id: number, made: {on: boolean, nameNow: () => string}[]}} change @returns {[number, BulkChange]} */
function backOf({ id, made }) {
  const [added, removed] = [true, false].map((wanted) =>
    made.filter(({ on }) => on === wanted).map(({ nameNow }) => nameNow()),
  );
  return [id, { ...(removed.length && { labels_add: removed }), ...(added.length && { labels_remove: added }) }];
}

/** The newer one of what was saved here and what the page shows. @param {Note} note @returns {Note} */
function newest(note) {
  const shown = shownNote(note.id);
  return shown && shown.version > note.version ? shown : note;
}

/** @param {string[]} names @param {string} name */
const has = (names, name) => names.some((other) => keyOf(other) === keyOf(name));

/** @param {string[]} names @param {Step} step @returns {string[]} */
function after(names, { name, on }) {
  if (on) return has(names, name) ? names : [...names, name];
  return names.filter((other) => keyOf(other) !== keyOf(name));
}
