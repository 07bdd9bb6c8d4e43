/**
 * The form in a message that is being edited.
 *
 * Arriving events never replace typed text; a change by others is shown before it can be overwritten.
 */
import { SAVED_OFFLINE, waitUntil } from "../feed/confirmation.js";
import { explain, Problem, send } from "../lib/api.js";
import * as textCompletion from "../lib/completion/text_completion.js";
import { clone, find } from "../lib/elements.js";
import { clearErrors, showErrors } from "../lib/field_errors.js";
import { grow } from "../lib/growing_field.js";
import { isSending, keyOf } from "../lib/keyboard.js";
import { announce, emit, toast } from "../lib/page_events.js";
import { viewer } from "../shell/viewer.js";
import { messageOf } from "./message_item.js";

/** @typedef {Record<string, import("../lib/completion/text_completion.js").Source>} Sources */

export class MessageEditor {
  #busy = false;
  #stopCompletion;

  /**
   * @param {HTMLElement} item @param {string|null} text null for the message's own
   * @param {Sources} sources of completions @param {ExpectingFeed} feed @param {() => void} closed
   */
  constructor(item, text, sources, feed, closed) {
    const { version, content } = messageOf(item);
    this.item = item;
    this.feed = feed;
    this.closed = closed;
    this.version = version;
    this.content = content;
    this.form = clone("message-editor", HTMLFormElement);
    this.field = find(this.form, "[name=content]", HTMLTextAreaElement);
    this.state = find(this.form, ".editor-state");
    this.field.value = text ?? content;
    this.#listen();
    item.dataset.editing = "";
    item.append(this.form);
    this.#stopCompletion = textCompletion.start(this.field, sources);
    grow(this.field);
  }

  focus() {
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.item.scrollIntoView({ block: "nearest" });
  }

  async save() {
    const { id, content } = messageOf(this.item);
    if (this.#busy) return;
    if (this.field.value === content) return this.close();
    this.#busy = true;
    this.#showStatus("Saving…");
    try {
      const body = { author_id: viewer, content: this.field.value };
      /** @type {Sent<Message>} */ const saved = await send("PATCH", `/messages/${id}`, body, this.version);
      this.feed.expectEvent(saved.eventId);
      if (this.feed.state !== "live") this.#showStatus(SAVED_OFFLINE);
      await waitUntil(this.item, () => messageOf(this.item).version >= saved.value.version || !this.form.isConnected);
      if (this.form.isConnected) this.close();
    } catch (caught) {
      const problem = Problem.of(caught);
      const { current } = problem;
      if (current?.content !== this.content) return this.#refused(problem);
      this.version = current.version; // the same text: somebody has only reacted to it
      this.#busy = false;
      await this.save();
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Problem} problem */
  #refused(problem) {
    if (problem.current) {
      this.version = problem.current.version;
      this.#showStatus("You changed this message somewhere else. Saving again replaces that change.", true);
    } else {
      this.#showStatus(problem.errors.length ? "" : explain(problem), true);
      if (problem.errors.length) showErrors(this.form, problem);
    }
  }

  /** Close with unsaved text; it is offered again. */
  cancel() {
    const typed = this.field.value;
    const changed = typed !== messageOf(this.item).content;
    this.close();
    const run = () => emit(this.item, "message:edit", typed);
    if (changed) toast("Your change is not saved.", { label: "Restore", run });
  }

  /** The message was deleted elsewhere: the typed text is offered to the composer. */
  messageDeleted() {
    const typed = this.field.value;
    const main = find(document, "#main");
    const run = () => emit(main, "composer:take-back", typed);
    this.closed();
    toast("The message that you were editing has been deleted.", { label: "Use the text", run });
  }

  close() {
    this.#stopCompletion();
    this.form.remove();
    delete this.item.dataset.editing;
    this.closed();
  }

  /** @param {string} words @param {boolean} failed */
  #showStatus(words, failed = false) {
    clearErrors(this.form);
    this.state.textContent = words;
    this.state.toggleAttribute("data-failed", failed);
    if (failed && words) announce(words);
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.field.addEventListener("input", () => grow(this.field));
    this.form.addEventListener("keydown", (event) => {
      if (keyOf(event) === "Escape") this.cancel();
      else if (event.target === this.field && isSending(event)) {
        event.preventDefault();
        this.save();
      }
    });
    find(this.form, ".cancel-button").addEventListener("click", () => this.cancel());
  }
}
