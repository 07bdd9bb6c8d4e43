/**
 * One card's editor.
 *
 * 1. Arriving events never replace typed text. 2. A save is merged with what others saved since the version that the typed
 * text is based on. 3. Where both changed the same, the other text is shown before it can be overwritten.
 */
import { explain, Problem } from "../lib/api.js";
import { store } from "../lib/storage.js";
import { knownNickname } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";
import { showConflict } from "./edit_conflict.js";
import { noteOf } from "./note_card.js";
import { EditorForm } from "./note_editor_form.js";
import { change } from "./note_requests.js";
import { save } from "./note_saving.js";
import { baseOf, draftKey, mergeNotes, sameText } from "./note_text.js";
import { setDraftAside } from "./unsaved_drafts.js";

const PAUSE_MS = 200; // in typing, after which it is compared with what others saved

export class NoteEditor {
  /** @type {import("./edit_conflict.js").Conflict|undefined} */ #conflict;
  #gone = false;
  #busy = false;
  #timer = 0;

  /**
   * @param {HTMLElement} card @param {ExpectingFeed} feed @param {Draft|null} draft @param {() => void} closed
   * @param {boolean} inSheet
   */
  constructor(card, feed, draft, closed, inSheet) {
    const note = noteOf(card);
    this.id = note.id;
    this.card = card;
    this.feed = feed;
    this.closed = closed;
    this.base = draft?.base ?? baseOf(note);
    this.form = new EditorForm(note.id, draft ?? note, {
      save: () => this.save(),
      cancel: () => this.setDraftAside(),
      typing: () => this.#typing(),
      compare: () => this.#compare(noteOf(this.card)),
    });
    if (draft) store(draftKey(note.id), draft);
    this.form.open(card, inSheet);
    this.newer(note);
  }

  #typing() {
    this.#storeDraft();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.form.isOpen && this.#mark(noteOf(this.card)), PAUSE_MS);
  }

  #storeDraft() {
    store(draftKey(this.id), this.draft);
  }

  /** @returns {Draft} */
  get draft() {
    return { ...this.form.typed, base: this.base };
  }

  /** Another version arrived. @param {Note} note */
  newer(note) {
    this.#gone = false;
    this.#mark(note);
  }

  /** Say what saving does with the changes of others. @param {Note} note the newest version */
  #mark(note) {
    if (this.#busy || this.#gone) return; // it may be what is being saved
    const { typed } = this.form;
    if (sameText(note, this.base) || sameText(note, typed)) this.base = baseOf(note);
    const { text, clean } = mergeNotes(this.base, typed, note);
    const who = viewer && note.updated_by === viewer ? "You" : knownNickname(note.updated_by) || "Somebody";
    if (this.#conflict) this.#conflict.update(text, note);
    else if (note.version <= this.base.version) this.form.mark("");
    else if (clean) this.form.mark(" changed this note. Saving keeps both changes.", who);
    else this.form.mark(" changed this note while you were editing it.", who, true);
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
      const conflict = await save(this, this.#gone ? await this.#restore() : noteOf(this.card));
      if (conflict) this.#compare(conflict);
    } catch (caught) {
      this.#refused(Problem.of(caught));
    } finally {
      this.#busy = false;
      if (this.form.isOpen) this.#typing();
    }
  }

  async #restore() {
    const { note } = await change("POST", `/${this.id}/restore`);
    this.#gone = false;
    return note;
  }

  /** @param {Problem} problem */
  #refused(problem) {
    this.form.showStatus(explain(problem), problem);
    if (problem.status === 404 && this.#gone) this.form.mark("This note is gone. Copy your text into a new note.");
    else if (problem.status === 404) this.noteDeleted();
  }

  /**
   * Show both texts. Mine has their other changes too, so that keeping it reverts none of them. After either choice the other
   * text was seen: the next save is based on it.
   * @param {NoteBase} theirs
   */
  async #compare(theirs) {
    this.form.showStatus("");
    this.#conflict = showConflict(this.form.frame, mergeNotes(this.base, this.form.typed, theirs).text, theirs);
    const { choice, mine, seen } = await this.#conflict.chosen;
    this.#conflict = undefined;
    this.base = baseOf(seen);
    this.form.fields.change(mine);
    this.#typing();
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
