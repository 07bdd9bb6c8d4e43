/** Replies: the composer shows which message the next one replies to, until it is sent or that is cancelled. */
import { around, find } from "../lib/elements.js";
import { isPlain, keyOf } from "../lib/keyboard.js";
import { announce, toast } from "../lib/page_events.js";
import { quoteOf } from "../messages/quotes.js";
import { showName } from "../shell/user_names.js";
import { messageOf } from "./message_item.js";

export class Replying {
  /** @type {Quote|null} */ #quote = null;

  /** @param {HTMLFormElement} form the composer @param {HTMLElement} list the messages */
  constructor(form, list) {
    this.list = list;
    this.line = find(form, "#replying");
    this.hidden = find(form, "[name=reply_to]", HTMLInputElement);
    this.field = find(form, "[name=content]", HTMLTextAreaElement);
  }

  start() {
    const controller = new AbortController();
    const { signal } = controller;
    /** @param {MouseEvent} event */
    const click = (event) => {
      const item = around(event, ".message");
      if (around(event, ".more-tools")) item?.focus(); // shows the others
      if (!item || !around(event, ".reply-link") || !isPlain(event)) return;
      event.preventDefault();
      this.to(messageOf(item));
    };
    /** @param {MouseEvent} event */
    const cancel = (event) => {
      event.preventDefault();
      this.clear();
      this.field.focus();
    };
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      if (keyOf(event) !== "Escape" || !this.#quote) return;
      event.stopImmediatePropagation(); // it closes this first
      this.clear();
    };
    /** @param {RoomEvents["message:deleted"]} event */
    const deleted = ({ detail }) => {
      if (detail.id !== this.#quote?.id) return;
      this.clear();
      toast("The message that you were replying to has been deleted.");
    };
    this.list.addEventListener("click", click, { signal });
    this.list.addEventListener("message:deleted", deleted, { signal });
    find(this.line, ".cancel-reply").addEventListener("click", cancel, { signal });
    this.field.addEventListener("keydown", press, { signal, capture: true });
    const asked = this.list.querySelector(`#message-${this.hidden.value || 0}`); // by the address of the page
    if (asked) this.to(messageOf(asked));
    return () => controller.abort();
  }

  /** @param {Message} message */
  to(message) {
    this.#quote = quoteOf(message);
    this.hidden.value = String(message.id);
    const name = document.createElement("bdi");
    if (message.author) showName(name, message.author);
    else name.textContent = message.guest ?? "Assistant";
    const words = find(this.line, ".replying-words");
    words.replaceChildren("Replying to ", name);
    this.line.hidden = false;
    this.field.focus();
    announce(words.textContent);
  }

  clear() {
    this.#quote = null;
    this.hidden.value = "";
    this.line.hidden = true;
  }

  /** What the message that is sent now replies to; the next one replies to nothing. */
  take() {
    const quote = this.#quote;
    this.clear();
    return quote;
  }
}
