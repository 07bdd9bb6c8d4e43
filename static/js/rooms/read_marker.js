/** Marks as read: the newest visible message, in a visible tab. */
import { send } from "../lib/api.js";
import { viewer } from "../shell/viewer.js";
import { isOwn, messageOf } from "./message_item.js";

const GLANCE_MS = 300; // a message that is visible for less has not been read

export class Reading {
  /**
   * @param {import("./message_window.js").MessageWindow} messages @param {import("./scroll_position.js").LogScroll} scroll
   * @param {number} last the newest message that the viewer has read @param {ExpectingFeed} feed
   */
  constructor(messages, scroll, last, feed) {
    this.messages = messages;
    this.scroll = scroll;
    this.last = last;
    this.feed = feed;
  }

  /** Whether the newest message is visible. */
  get looking() {
    return this.scroll.atEnd && !document.hidden;
  }

  start() {
    const controller = new AbortController();
    const { signal } = controller;
    let timer = 0;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.looking && this.#read(), GLANCE_MS);
    };
    /** @param {FeedEventMap["change"]} event */
    const onChange = ({ detail: { unread } }) => {
      if (unread?.room_id === this.messages.roomId) this.last = Math.max(this.last, unread.last_read_id);
    };
    // Only what is new: an answer that grows would put it off until it is whole.
    this.messages.element.addEventListener("message:changed", ({ detail }) => detail.before || soon(), { signal });
    this.messages.element.addEventListener("messages:loaded", soon, { signal });
    this.scroll.log.addEventListener("log:moved", soon, { signal });
    document.addEventListener("visibilitychange", soon, { signal });
    this.feed.addEventListener("change", onChange, { signal });
    this.feed.addEventListener("state", soon, { signal });
    soon();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }

  /** One's own messages need no reading. */
  async #read() {
    let item = this.messages.element.lastElementChild;
    while (item && isOwn(messageOf(item))) item = item.previousElementSibling;
    const id = item ? messageOf(item).id : 0;
    if (id <= this.last) return;
    const before = this.last;
    this.last = id;
    const body = { reader_id: viewer, message_id: id };
    await send("POST", `/rooms/${this.messages.roomId}/read`, body).catch(() => {
      this.last = Math.min(this.last, before); // another time: at the latest when the feed is back
    });
  }
}
