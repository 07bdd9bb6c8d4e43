/**
 * A person's messages, by id.
 *
 * 1. A state is applied only if its version is newer than what the row shows or what was deleted, so that applying
 * twice, late or out of order changes nothing. 2. A page of the table takes no messages of other pages: neither new ones
 * on an older page, nor ones that are older than all of its own, where there are such pages.
 */
import { find, insertById } from "../lib/elements.js";
import { handOn, removeAll } from "../lib/focus.js";
import { fill, rowFor, tellTime } from "./message_row.js";

export class MessageTable {
  /** @type {Map<number, number>} the version at which a message was deleted */ #gone = new Map();
  #body;

  /** @param {HTMLElement} element the page's main */
  constructor(element) {
    this.#body = find(element, "#messages tbody");
    this.empty = find(element, "#empty-messages");
    this.newest = "newest" in element.dataset;
    this.whole = !element.querySelector("a[rel=prev]");
    for (const row of this.rows) tellTime(row);
  }

  get rows() {
    return /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#body.children);
  }

  /** @param {Message} message @param {boolean} live whether it comes as news, not as part of a list */
  put(message, live) {
    const row = this.#row(message.id);
    const known = Math.max(Number(row?.dataset.version ?? 0), this.#gone.get(message.id) ?? 0);
    if (message.version <= known) return;
    this.#gone.delete(message.id);
    if (row) fill(row, message);
    else this.#insert(message, live);
  }

  /** @param {Message} message its last state */
  remove(message) {
    this.#gone.set(message.id, Math.max(message.version, this.#gone.get(message.id) ?? 0));
    const row = this.#row(message.id);
    if (row) handOn(row, () => row.remove());
    this.empty.hidden = this.rows.length > 0;
  }

  clear() {
    this.#gone.clear();
    removeAll(this.#body);
    this.empty.hidden = false;
  }

  /** @param {number} id @returns {HTMLElement|null} */
  #row(id) {
    return this.#body.querySelector(`#message-${id}`);
  }

  /** @param {Message} message @param {boolean} live */
  #insert(message, live) {
    const [first, last] = [this.rows[0], this.rows[this.rows.length - 1]];
    // What was restored into a page has its place there, but what is newer or older than all of it has not.
    if (!this.newest && Number(last?.dataset.id ?? 0) < message.id) return;
    if (!this.whole && message.id < Number(first?.dataset.id ?? 0)) return;
    const row = rowFor(message);
    if (live) row.dataset.arrived = "";
    insertById(this.#body, row);
    this.empty.hidden = true;
  }
}
