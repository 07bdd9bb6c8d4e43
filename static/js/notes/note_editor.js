/**
 * One card's editor.
 *
 * 1. Arriving events never replace typed text. 2. A save names the version that its text is based on; a newer text is
 * shown before it can be overwritten. 3. A newer version with the same text (a tick) is no conflict.
 */
import { explain, Problem } from "../lib/api.js";
import { store } from "../lib/storage.js";
import { showConflict } from "./edit_conflict.js";
import { noteOf } from "./note_card.js";
import { EditorForm } from "./note_editor_form.js";
import { save } from "./note_saving.js";
import { baseOf, draftKey, sameText } from "./note_text.js";
import { setDraftAside } from "./unsaved_drafts.js";

export class NoteEditor {
  /** @type {import("./edit_conflict.js").Conflict|undefined} */ #conflict;
  #gone = false;
  #busy = false;

  /** @param {HTMLElement} card @param {ExpectingFeed} feed @param {Draft|null} draft @param {() => void} closed */
  constructor(card, feed, draft, closed) {
    const note = noteOf(card);
    this.id = note.id;
    this.card = card;
    this.feed = feed;
    this.closed = closed;
    this.base = draft?.base ?? baseOf(note);
    this.form = new EditorForm(note.id, draft ?? note, {
      save: () => this.save(),
      cancel: () => this.setDraftAside(),
      typing: () => store(draftKey(this.id), this.draft),
      compare: () => this.#compare(noteOf(this.card)),
    });
    if (draft) store(draftKey(note.id), draft);
    this.form.open(card);
    this.newer(note);
  }

  /** @returns {Draft} */
  get draft() {
    return { ...this.form.typed, base: this.base };
  }

  /** Another version arrived. @param {Note} note */
  newer(note) {
    this.#gone = false;
    if (sameText(note, this.base) || sameText(note, this.form.typed)) {
      this.base = baseOf(note);
      this.form.mark("");
    } else if (note.version !== this.base.version) {
      this.form.mark("Somebody changed this note while you were editing it.", true);
      this.#conflict?.update(note);
    }
  }

  /** The note was deleted elsewhere; its card stays for the typed text. */
  noteDeleted() {
    this.#gone = true;
    this.#conflict?.close();
    this.form.mark("This note was deleted. Saving restores it with your text.");
  }

  async save() {
    if (this.#busy) return;
    this.#busy = true;
    this.form.showStatus("Saving…");
    try {
      await save(this, this.#gone);
    } catch (caught) {
      this.#refused(Problem.of(caught));
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Problem} problem */
  #refused(problem) {
    if (problem.status === 412 && problem.note) {
      this.#compare(problem.note);
      return;
    }
    this.form.showStatus(explain(problem), problem);
    if (problem.status === 404 && this.#gone) this.form.mark("This note is gone. Copy your text into a new note.");
    else if (problem.status === 404) this.noteDeleted();
  }

  /** After either choice the other text was seen: the next save is based on it. @param {Note} theirs */
  async #compare(theirs) {
    this.form.showStatus("");
    this.#conflict = showConflict(this.card, this.form.typed, theirs);
    const { choice, seen } = await this.#conflict.chosen;
    this.#conflict = undefined;
    this.base = baseOf(seen);
    this.form.mark("");
    this.form.focus();
    if (choice === "mine") this.save();
    if (choice === "theirs") this.setDraftAside("Their version is kept. Yours is not saved.");
  }

  /** Close, and keep the typed text for later. */
  setDraftAside(words = "Your change is not saved.") {
    setDraftAside(this.card, this.draft, words);
    this.close();
  }

  close() {
    store(draftKey(this.id), null);
    this.#conflict?.close();
    this.closed();
    this.form.close(this.card);
  }
}
