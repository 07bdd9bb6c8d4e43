/**
 * A person's messages, by id.
 *
 * 1. A state is applied only if it is newer than the known one (lib/versioned_list.js). 2. A page of the table takes no
 * messages of other pages: neither new ones on an older page, nor ones that are older than all of its own, where there
 * are such pages.
 */
import { find, insertById } from "../lib/elements.js";
import { remove, removeAll } from "../lib/focus.js";
import { emit } from "../lib/page_events.js";
import { VersionedList } from "../lib/versioned_list.js";
import { fill, rowFor, showTime } from "./message_row.js";

export class MessageTable {
  #versions = new VersionedList();
  #body;

  /** @param {HTMLElement} element the page's main */
  constructor(element) {
    this.#body = find(element, "#messages tbody");
    this.empty = find(element, "#empty-messages");
    this.newest = "newest" in element.dataset;
    this.whole = !element.querySelector("a[rel=prev]");
    for (const row of this.rows) {
      const { id, version } = row.dataset;
      this.#versions.accept({ id: Number(id), version: Number(version) });
      showTime(row);
    }
  }

  get rows() {
    return /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#body.children);
  }

  /** @param {Message} message @param {boolean} live whether it comes as news, not as part of a list */
  put(message, live) {
    if (!this.#versions.accept(message)) return;
    const row = this.#row(message.id);
    if (row) fill(row, message);
    else this.#insert(message, live);
    const shown = this.#row(message.id);
    if (shown) emit(shown, "message:changed", { message, live });
  }

  /** @param {Message} message its last state */
  remove(message) {
    this.#versions.delete(message);
    remove(this.#row(message.id));
    this.empty.hidden = this.rows.length > 0;
  }

  clear() {
    this.#versions.markStale();
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
