/**
 * The messages of a conversation, by id, the newest last.
 *
 * 1. A state is applied only if its version is newer than what is shown or what was deleted, so that applying twice, late
 * or out of order changes nothing. 2. While older ones are not all here, what is older than the oldest shown stays out.
 * 3. What stands above a message always fits the message before it.
 * Dispatches from the item, bubbling: `message:changed` {message, before, live}; from the list: `message:gone`.
 */
import { find } from "./elements.js";
import { fill, itemFor, itemsIn, messageOf, read } from "./message_item.js";
import { group } from "./message_grouping.js";
import { emit } from "./messages.js";

export class MessageList {
  /** @type {Map<number, {item: HTMLElement, version: number}>} */ #places = new Map();
  /** @type {Map<number, number>} the version at which a message was deleted: a late page must not bring it back */
  #gone = new Map();

  /** @param {HTMLElement} element the list @param {number} roomId @param {boolean} whole whether nothing older exists */
  constructor(element, roomId, whole) {
    this.element = element;
    this.items = itemsIn(element);
    this.roomId = roomId;
    this.whole = whole;
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

  /** @param {string} key its author's client gave it @param {number} authorId */
  hasKey(key, authorId) {
    return Boolean(this.element.querySelector(`[data-key="${CSS.escape(key)}"][data-author="${authorId}"]`));
  }

  /** @param {Message} message @param {boolean} live whether it comes as news, not as part of a page */
  put(message, live) {
    const known = this.#places.get(message.id);
    if (message.version <= Math.max(known?.version ?? 0, this.#gone.get(message.id) ?? 0)) return;
    if (!known && live && !this.whole && message.id < (this.oldest?.id ?? 0)) return;
    this.#gone.delete(message.id);
    const before = known && messageOf(known.item);
    const item = known?.item ?? itemFor(message);
    if (known) fill(item, message);
    else {
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

  /** A page of older ones, oldest first. @param {Message[]} messages @param {boolean} whole whether it was the last page */
  prepend(messages, whole) {
    const first = /** @type {HTMLElement|null} */ (this.element.firstElementChild);
    const rows = document.createDocumentFragment();
    for (const message of messages) {
      if (this.#places.has(message.id) || this.#gone.has(message.id)) continue;
      const item = itemFor(message);
      this.#places.set(message.id, { item, version: message.version });
      rows.append(item);
    }
    const made = /** @type {HTMLElement[]} */ ([...rows.children]);
    this.element.prepend(rows);
    for (const item of made) group(item);
    if (first) group(first);
    this.whole = whole;
    emit(this.element, "messages:loaded");
  }

  /** @param {Message} message its last state */
  remove(message) {
    const place = this.#places.get(message.id);
    this.#gone.set(message.id, Math.max(message.version, place?.version ?? 0, this.#gone.get(message.id) ?? 0));
    if (place) this.#drop(message.id);
  }

  /** @param {number} id */
  #drop(id) {
    const item = /** @type {{item: HTMLElement}} */ (this.#places.get(id)).item;
    const next = /** @type {HTMLElement|null} */ (item.nextElementSibling);
    const neighbour = next ?? /** @type {HTMLElement|null} */ (item.previousElementSibling);
    const message = messageOf(item);
    const focused = item.contains(document.activeElement);
    this.#places.delete(id);
    item.remove();
    if (next) group(next);
    if (focused) (neighbour ?? find(document, "#log")).focus({ preventScroll: true });
    emit(this.element, "message:gone", message);
  }

  /** Let go of the oldest ones, unless one is being changed. @param {number} kept how many stay */
  trim(kept) {
    const first = /** @type {HTMLElement|undefined} */ (this.items[this.items.length - kept]);
    if (!first || this.element.querySelector("[data-editing]")) return;
    while (first.previousElementSibling) {
      this.#places.delete(messageOf(first.previousElementSibling).id);
      first.previousElementSibling.remove();
    }
    group(first);
    this.whole = false;
    emit(this.element, "messages:loaded");
  }

  /** All is known anew: these are the newest ones there are. @param {Message[]} messages @param {boolean} whole */
  replace(messages, whole) {
    const there = new Set(messages.map(({ id }) => id));
    this.#gone.clear();
    this.whole = true; // so that none of them stays out
    for (const [id, place] of [...this.#places]) {
      place.version = 0;
      if (!there.has(id)) this.#drop(id);
    }
    for (const message of messages) this.put(message, false);
    this.whole = whole;
    emit(this.element, "messages:loaded");
  }
}
