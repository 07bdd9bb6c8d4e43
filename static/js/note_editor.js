/**
 * One card's editor.
 *
 * 1. What is typed is never replaced by what arrives. 2. A save names the version that its text is based on; a newer
 * text is shown before it can be overwritten. 3. A newer version with the same text (a tick) is no conflict.
 */
import { change, explain } from "./api.js";
import { noteOf } from "./card.js";
import { showConflict } from "./conflict.js";
import { EditorForm, sameText, textOf } from "./editor_form.js";
import { clearErrors, showErrors } from "./field_errors.js";
import { announce, toast } from "./messages.js";
import { keep } from "./storage.js";

/** @typedef {import("./editor_form.js").Text} Text */
/** @typedef {Text & {version: number}} Base the version that what is typed started from */
/** @typedef {Text & {base: Base}} Draft */

const LATE = "Saved. It shows here once the connection is back.";
const baseOf = (note) => ({ version: note.version, ...textOf(note) });
export const draftKey = (id) => `draft:edit:${id}`;

export class NoteEditor {
  /** @type {ReturnType<typeof showConflict>|undefined} */ #conflict;
  #gone = false;
  #busy = false;

  /** @param {HTMLElement} card @param {any} feed @param {Draft|null} draft @param {() => void} closed */
  constructor(card, feed, draft, closed) {
    const note = noteOf(card);
    Object.assign(this, { card, feed, closed, id: note.id });
    /** @type {Base} */
    this.base = draft?.base ?? baseOf(note);
    this.form = new EditorForm(note.id, draft ?? note, {
      save: () => this.save(),
      cancel: () => this.#setAside(this.draft, "Your change is set aside."),
      typing: () => keep(draftKey(this.id), this.draft),
      compare: () => this.#compare(noteOf(this.card)),
    });
    card.dataset.editing = "";
    card.append(this.form.element);
    this.newer(note);
  }

  focus() {
    this.form.focus();
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
    clearErrors(this.form.element);
    this.form.say("Saving…");
    try {
      await this.#send();
    } catch (problem) {
      this.#busy = false;
      this.#refused(problem);
    }
    this.#busy = false;
  }

  async #send() {
    if (this.#gone) this.base = baseOf((await change("POST", `/${this.id}/restore`)).note);
    const changed = Object.entries(this.form.typed).filter(([name, value]) => value !== this.base[name]);
    if (changed.length) {
      const { note, eventId } = await change("PATCH", `/${this.id}`, Object.fromEntries(changed), this.base.version);
      this.base = baseOf(note);
      this.feed.expect(eventId);
      await this.#arrival(note.version);
    }
    this.close();
  }

  /** The page shows nothing by itself: the editor gives way when the change has come by the feed. */
  #arrival(version) {
    if (this.feed.state !== "live") this.form.say(LATE);
    return new Promise((arrived) => {
      const look = () => (noteOf(this.card).version >= version || !this.form.element.isConnected) && arrived();
      for (const name of ["note:changed", "editor:closed"]) this.card.addEventListener(name, look);
      look();
    });
  }

  #refused(problem) {
    const { status, note } = problem;
    if (status === 412 && note && sameText(note, this.base)) {
      this.base = baseOf(note);
      this.save();
    } else if (status === 412 && note) {
      this.#compare(note);
    } else {
      if (status === 422) showErrors(this.form.element, problem);
      if (status === 404) this.#missing();
      this.form.say(explain(problem), true);
    }
  }

  #missing() {
    if (this.#gone) this.form.mark("Deleted for good. Copy your text into a new note.");
    else this.gone();
  }

  #compare(theirs) {
    this.form.say("");
    this.#conflict = showConflict(this.card, this.form.typed, theirs, (choice) => this.#choose(choice));
    announce("Somebody else changed this note while you were editing it. Both versions are shown.");
  }

  /** Whatever is chosen, theirs has been seen: the next save is based on it. @param {import("./conflict.js").Choice} choice */
  #choose(choice) {
    this.#conflict.close();
    this.base = baseOf(this.#conflict.theirs());
    this.#conflict = undefined;
    this.form.mark("");
    this.form.focus();
    if (choice === "mine") this.save();
    if (choice === "theirs") this.#setAside(this.draft, "Theirs is kept, yours set aside.");
  }

  /** Close without saving; the text can still be had back. @param {Draft} draft @param {string} words */
  #setAside(draft, words) {
    this.close();
    const again = () => {
      const card = document.getElementById(`note-${this.id}`);
      card?.dispatchEvent(new CustomEvent("note:edit", { bubbles: true, detail: draft }));
    };
    if (!sameText(draft, draft.base)) toast(words, { label: "Get it back", run: again });
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
