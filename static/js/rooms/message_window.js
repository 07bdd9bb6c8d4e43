/**
 * The loaded part of a conversation, without gaps: a long one is not on the page as a whole.
 *
 * 1. Changes of messages outside of it change nothing on the page, but a page of messages that is loading then is
 * updated. 2. New messages are added only if the window reaches the newest.
 * Dispatches from the list: `messages:loaded` when it begins or ends elsewhere; `message:outside`.
 */
import { emit } from "../lib/page_events.js";
import { group } from "./message_grouping.js";
import { MessageList } from "./message_list.js";

const REMEMBERED = 200; // messages outside: more do not come while one page is on its way

export class MessageWindow extends MessageList {
  /** @type {Map<number, Message>} the latest states of those outside */ #outside = new Map();

  /** @param {HTMLElement} element the list @param {number} roomId @param {boolean} whole whether nothing older exists */
  constructor(element, roomId, whole) {
    super(element, roomId);
    this.whole = whole;
  }

  /** Whether the newest messages are not loaded. */
  get detached() {
    return "detached" in this.element.dataset;
  }

  set detached(is) {
    this.element.toggleAttribute("data-detached", is);
  }

  /** @param {Message} message @param {boolean} live */
  put(message, live) {
    if (this.has(message.id) || !this.#isOutside(message)) return super.put(message, live);
    this.#outside.set(message.id, message);
    if (this.#outside.size > REMEMBERED) this.#outside.delete([...this.#outside.keys()][0]);
    if (live) emit(this.element, "message:outside", message);
  }

  /** @param {Message} message */
  #isOutside({ id }) {
    const [first, last] = [this.oldest?.id ?? 0, this.newest?.id ?? 0];
    return (id < first && !this.whole) || (id > last && this.detached);
  }

  /** A page of older ones. @param {Message[]} messages @param {boolean} whole whether there are none before them */
  prepend(messages, whole) {
    this.extend(messages.map(this.#latest), "prepend");
    this.whole = whole;
    emit(this.element, "messages:loaded");
  }

  /** A page of newer ones. @param {Message[]} messages @param {boolean} last whether there are none after them */
  append(messages, last) {
    this.extend(messages.map(this.#latest), "append");
    this.detached = !last;
    if (last) this.#putOutside();
    emit(this.element, "messages:loaded");
  }

  /** @param {Message} message @returns {Message} */
  #latest = (message) => {
    const other = this.#outside.get(message.id);
    return other && other.version > message.version ? other : message;
  };

  /** Remove messages at one end, unless one is being edited. @param {"oldest"|"newest"} end @param {number} kept number of messages that stay */
  trim(end, kept) {
    if (this.items.length <= kept || this.element.querySelector("[data-editing]")) return;
    while (this.items.length > kept) this.release(this.items[end === "oldest" ? 0 : this.items.length - 1]);
    if (end === "oldest") this.whole = false;
    else this.detached = true;
    group(this.items[0]);
    emit(this.element, "messages:loaded");
  }

  markStale() {
    this.#outside.clear();
    super.markStale();
  }

  /** @param {Message[]} messages the newest there are @param {boolean} [whole] whether these are all */
  replace(messages, whole = false) {
    this.whole = true; // so that none of them is outside
    this.detached = false;
    super.replace(messages);
    this.whole = whole;
    this.#putOutside();
    emit(this.element, "messages:loaded");
  }

  /** Messages that arrived while the newest were loading. */
  #putOutside() {
    for (const message of [...this.#outside.values()]) this.put(message, false);
  }
}
