/**
 * One card's editor.
 *
 * 1. What is typed is never replaced by what arrives. 2. A save names the version that its text is based on; a newer
 * text is shown before it can be overwritten. 3. A newer version with the same text (a tick) is no conflict.
 */
import { change, explain } from "./api.js";
import { LATE, until } from "./arrivals.js";
import { noteOf } from "./card.js";
import { showConflict } from "./conflict.js";
import { EditorForm } from "./editor_form.js";
import { baseOf, draftKey, sameText, saveText } from "./note_text.js";
import { setAside } from "./setting_aside.js";
import { keep } from "./storage.js";

/** @typedef {import("./note_text.js").Draft} Draft */

export class NoteEditor {
  /** @type {ReturnType<typeof showConflict>|undefined} */ #conflict;
  #gone = false;
  #busy = false;

  /** @param {HTMLElement} card @param {any} feed @param {Draft|null} draft @param {() => void} closed */
  constructor(card, feed, draft, closed) {
    const note = noteOf(card);
    Object.assign(this, { card, feed, closed, id: note.id });
    this.base = draft?.base ?? baseOf(note);
    this.form = new EditorForm(note.id, draft ?? note, {
      save: () => this.save(),
      cancel: () => this.#setAside("Your change is set aside."),
      typing: () => keep(draftKey(this.id), this.draft),
      compare: () => this.#compare(noteOf(this.card)),
    });
    card.dataset.editing = "";
    card.append(this.form.element);
    this.newer(note);
  }

  /** @returns {Draft} */
  get draft() {
    return { ...this.form.typed, base: this.base };
  }

  /** Another version arrived. @param {import("./card.js").Note} note */
  newer(note) {
    this.#gone = false;
    if (sameText(note, this.base) || sameText(note, this.form.typed)) {
      this.base = baseOf(note);
      this.form.mark("");
    } else if (note.version !== this.base.version) {
      this.form.mark("Changed elsewhere while you edit.", true);
      this.#conflict?.update(note);
    }
  }

  /** The note was deleted elsewhere; its card stays for what is typed. */
  gone() {
    this.#gone = true;
    this.#conflict?.close();
    this.form.mark("Deleted elsewhere. Saving puts it back with your text.");
  }

  async save() {
    if (this.#busy) return;
    this.#busy = true;
    this.form.say("Saving…");
    try {
      await this.#send();
    } catch (problem) {
      this.#refused(problem);
    } finally {
      this.#busy = false;
    }
  }

  /** The page shows nothing by itself: the editor gives way when the change has come by the feed. */
  async #send() {
    if (this.#gone) this.base = baseOf((await change("POST", `/${this.id}/restore`)).note);
    const sent = this.form.typed;
    const saved = await saveText(this.id, this.base, sent);
    if (saved) {
      this.base = baseOf(saved.note);
      this.feed.expect(saved.eventId);
      if (this.feed.state !== "live") this.form.say(LATE);
      await until(this.card, () => noteOf(this.card).version >= saved.note.version || !this.form.isOpen);
    }
    if (!sameText(sent, this.form.typed)) this.form.say("Saved, up to what you have typed since.");
    else if (this.form.isOpen) this.close();
  }

  #refused(problem) {
    if (problem.status === 412 && problem.note) return this.#compare(problem.note);
    this.form.say(explain(problem), problem);
    if (problem.status === 404 && this.#gone) this.form.mark("Deleted for good. Copy your text into a new note.");
    else if (problem.status === 404) this.gone();
  }

  /** Whatever is chosen, theirs has been seen: the next save is based on it. @param {import("./card.js").Note} theirs */
  async #compare(theirs) {
    this.form.say("");
    this.#conflict = showConflict(this.card, this.form.typed, theirs);
    const { choice, seen } = await this.#conflict.chosen;
    this.#conflict = undefined;
    this.base = baseOf(seen);
    this.form.mark("");
    this.form.focus();
    if (choice === "mine") this.save();
    if (choice === "theirs") this.#setAside("Theirs is kept, yours set aside.");
  }

  #setAside(words) {
    setAside(this.id, this.draft, words);
    this.close();
  }

  close() {
    const focused = this.card.contains(document.activeElement);
    keep(draftKey(this.id), null);
    this.#conflict?.close();
    this.form.element.remove();
    delete this.card.dataset.editing;
    this.closed();
    if (focused) this.card.focus({ preventScroll: true });
    this.card.dispatchEvent(new CustomEvent("editor:closed", { bubbles: true }));
  }
}
