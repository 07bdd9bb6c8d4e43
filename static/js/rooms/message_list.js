/**
 * The messages of a conversation, by id, the newest last.
 *
 * 1. A state is applied only if it is newer than the known one (lib/versioned_list.js). 2. The headings above a message
 * always fit the message before it.
 * Dispatches from the item, bubbling: `message:changed` {message, before, live}; from the list: `message:deleted`.
 */
import { find } from "../lib/elements.js";
import { emit } from "../lib/page_events.js";
import { VersionedList } from "../lib/versioned_list.js";
import { group } from "./message_grouping.js";
import { fill, itemFor, itemsIn, messageOf, read } from "./message_item.js";

export class MessageList {
  /** @type {Map<number, HTMLElement>} */ #items = new Map();
  #versions = new VersionedList();

  /** @param {HTMLElement} element the list @param {number} roomId */
  constructor(element, roomId) {
    this.element = element;
    this.items = itemsIn(element);
    this.roomId = roomId;
    for (const item of this.items) {
      const message = read(item, roomId);
      this.#versions.accept(message);
      this.#items.set(message.id, item);
      group(item);
    }
  }

  get oldest() {
    return this.items.length ? messageOf(this.items[0]) : null;
  }

  get newest() {
    return this.items.length ? messageOf(this.items[this.items.length - 1]) : null;
  }

  /** @param {number} id */
  has(id) {
    return this.#items.has(id);
  }

  /** @param {string} key its author's client gave it @param {number} authorId */
  hasKey(key, authorId) {
    return Boolean(this.element.querySelector(`[data-key="${CSS.escape(key)}"][data-author="${authorId}"]`));
  }

  /** @param {Message} message @param {boolean} live whether it comes as news, not as part of a page */
  put(message, live) {
    if (!this.#versions.accept(message)) return;
    const known = this.#items.get(message.id);
    const before = known && messageOf(known);
    const item = known ?? itemFor(message);
    if (known) fill(item, message);
    else this.#insert(item, message.id);
    this.#items.set(message.id, item);
    emit(item, "message:changed", { message, before, live });
  }

  /** @param {HTMLElement} item @param {number} id */
  #insert(item, id) {
    let after = this.element.lastElementChild;
    while (after && messageOf(after).id > id) after = after.previousElementSibling;
    if (after) after.after(item);
    else this.element.prepend(item);
    group(item);
    if (item.nextElementSibling) group(/** @type {HTMLElement} */ (item.nextElementSibling));
  }

  /** Put a page at one end of the list. @param {Message[]} messages oldest first @param {"prepend"|"append"} where */
  extend(messages, where) {
    const rows = document.createDocumentFragment();
    for (const message of messages) {
      if (this.#items.has(message.id) || !this.#versions.accept(message)) continue;
      const item = itemFor(message);
      item.toggleAttribute("data-older", where === "prepend");
      this.#items.set(message.id, item);
      rows.append(item);
    }
    const changed = /** @type {HTMLElement[]} */ ([...rows.children]);
    if (where === "prepend" && this.items.length) changed.push(this.items[0]);
    this.element[where](rows);
    for (const item of changed) group(item);
  }

  /** Remove an item whose message still exists. @param {Element} item */
  release(item) {
    this.#versions.release(messageOf(item).id);
    this.#detach(item);
  }

  /** @param {Element} item */
  #detach(item) {
    this.#items.delete(messageOf(item).id);
    item.remove();
  }

  /** @param {Message} message its last state */
  remove(message) {
    const item = this.#items.get(message.id);
    this.#versions.delete(message);
    if (item) this.#drop(item);
  }

  /** @param {HTMLElement} item */
  #drop(item) {
    const next = /** @type {HTMLElement|null} */ (item.nextElementSibling);
    const neighbour = next ?? /** @type {HTMLElement|null} */ (item.previousElementSibling);
    const focused = item.contains(document.activeElement);
    this.#detach(item);
    if (next) group(next);
    if (focused) (neighbour ?? find(document, "#log")).focus({ preventScroll: true });
    emit(this.element, "message:deleted", messageOf(item));
  }

  /** The known states may be out of date: accept any state, until all are replaced. */
  markStale() {
    this.#versions.markStale(this.#items.keys());
  }

  /**
   * Show these, the newest without a gap: remove older messages, and all others but those that have arrived since they
   * were marked stale. @param {Message[]} messages oldest first
   */
  replace(messages) {
    const first = messages[0]?.id ?? 0;
    for (const message of messages) this.put(message, false);
    for (const [id, item] of [...this.#items]) {
      if (id >= first && !this.#versions.isStale(id)) continue;
      this.#versions.release(id);
      this.#drop(item);
    }
  }
}
