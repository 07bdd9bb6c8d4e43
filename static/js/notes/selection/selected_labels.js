/** The choice of labels for the selected notes: one that all of them have is chosen. Each choice is sent at once, in turn. */
import { keyOf } from "../labels/board_labels.js";
import { run } from "./bulk_actions.js";

export class SelectedLabels {
  #work = Promise.resolve();
  changed = () => {};

  /** @param {Note[]} notes @param {ExpectingFeed} feed */
  constructor(notes, feed) {
    this.before = notes;
    this.after = notes;
    this.feed = feed;
  }

  /** The names that all notes have. @returns {string[]} */
  get names() {
    const [first, ...others] = this.after.map(({ labels = [] }) => labels);
    return first.filter((name) => others.every((labels) => has(labels, name)));
  }

  /** @param {string} name */
  toggle(name) {
    this.#work = this.#work.then(() => this.#send(name));
  }

  /** Wait until all is saved. @returns {Promise<Note[]>} the notes whose labels differ from those at the beginning */
  async end() {
    await this.#work;
    const former = new Map(this.before.map(({ id, labels }) => [id, String(labels)]));
    return this.after.filter(({ id, labels }) => String(labels) !== former.get(id));
  }

  /** @param {string} name */
  #send(name) {
    const change = has(this.names, name) ? { labels_remove: [name] } : { labels_add: [name] };
    const ids = this.after.map(({ id }) => id);
    return run(this.feed, [{ ids, change }], "Not saved", (notes) => {
      this.after = notes;
      this.changed();
    });
  }
}

/** @param {string[]} names @param {string} name */
const has = (names, name) => names.some((other) => keyOf(other) === keyOf(name));
