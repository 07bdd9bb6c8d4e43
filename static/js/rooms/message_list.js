/**
 * The messages of a conversation, by id, the newest last.
 *
 * 1. A state is applied only if its version is newer than what is shown or what was deleted, so that applying twice, late
 * or out of order changes nothing. 2. What stands above a message always fits the message before it.
 * Dispatches from the item, bubbling: `message:changed` {message, before, live}; from the list: `message:gone`.
 */
import { find } from "../lib/elements.js";
import { emit } from "../lib/page_events.js";
import { group } from "./message_grouping.js";
import { fill, itemFor, itemsIn, messageOf, read } from "./message_item.js";

export class MessageList {
  /** @type {Map<number, {item: HTMLElement, version: number}>} */ #places = new Map();
  /** @type {Map<number, number>} the version at which a message was deleted: a late page must not bring it back */
  #gone = new Map();

  /** @param {HTMLElement} element the list @param {number} roomId */
  constructor(element, roomId) {
    this.element = element;
    this.items = itemsIn(element);
    this.roomId = roomId;
    for (const item of this.items) {
      const { id, version } = read(item, roomId);
      this.#places.set(id, { item, version });
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
    return this.#places.has(id);
  }

  /** @param {string} key its author's client gave it @param {number} authorId */
  hasKey(key, authorId) {
    return Boolean(this.element.querySelector(`[data-key="${CSS.escape(key)}"][data-author="${authorId}"]`));
  }

  /** @param {Message} message @param {boolean} live whether it comes as news, not as part of a page */
  put(message, live) {
    const known = this.#places.get(message.id);
    if (message.version <= Math.max(known?.version ?? 0, this.#gone.get(message.id) ?? 0)) return;
    this.#gone.delete(message.id);
    const before = known && messageOf(known.item);
    const item = known?.item ?? itemFor(message);
    if (known) {
      fill(item, message);
    } else {
      item.toggleAttribute("data-live", live);
      this.#insert(item, message.id);
    }
    this.#places.set(message.id, { item, version: message.version });
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
      if (this.#places.has(message.id) || (this.#gone.get(message.id) ?? 0) >= message.version) continue;
      const item = itemFor(message);
      item.toggleAttribute("data-older", where === "prepend");
      this.#places.set(message.id, { item, version: message.version });
      rows.append(item);
    }
    const changed = /** @type {HTMLElement[]} */ ([...rows.children]);
    if (where === "prepend" && this.items.length) changed.push(this.items[0]);
    this.element[where](rows);
    for (const item of changed) group(item);
  }

  /** Let go of what is shown no more, but not gone. @param {Element} item */
  release(item) {
    this.#places.delete(messageOf(item).id);
    item.remove();
  }

  /** @param {Message} message its last state */
  remove(message) {
    const place = this.#places.get(message.id);
    this.#gone.set(message.id, Math.max(message.version, place?.version ?? 0, this.#gone.get(message.id) ?? 0));
    if (place) this.#drop(place.item);
  }

  /** @param {HTMLElement} item */
  #drop(item) {
    const next = /** @type {HTMLElement|null} */ (item.nextElementSibling);
    const neighbour = next ?? /** @type {HTMLElement|null} */ (item.previousElementSibling);
    const focused = item.contains(document.activeElement);
    this.release(item);
    if (next) group(next);
    if (focused) (neighbour ?? find(document, "#log")).focus({ preventScroll: true });
    emit(this.element, "message:gone", messageOf(item));
  }

  /** What was known may not hold any more: every state is news from now on, until all are replaced. */
  doubt() {
    this.#gone.clear();
    for (const place of this.#places.values()) place.version = 0;
  }

  /**
   * These were the newest ones a moment ago, without a gap: what is older goes, and what else there is unless it is news
   * since the doubt. @param {Message[]} messages oldest first
   */
  replace(messages) {
    const there = new Set(messages.map(({ id }) => id));
    const first = messages[0]?.id ?? 0;
    for (const message of messages) this.put(message, false);
    for (const [id, { item, version }] of [...this.#places]) {
      if (id < first || (!there.has(id) && !version)) this.#drop(item);
    }
  }
}
