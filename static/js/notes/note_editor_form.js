/** The form in a card that is being edited: its fields, and its messages. */
import { clone, find } from "../lib/elements.js";
import { clearErrors, showErrors } from "../lib/field_errors.js";
import { isSaving, keyOf } from "../lib/keyboard.js";
import { closeSheet, openSheet } from "../lib/modal_sheet.js";
import { announce, emit } from "../lib/page_events.js";
import { NoteFields } from "./note_fields.js";

/** @typedef {{save: () => void, cancel: () => void, typing: () => void, compare: () => void}} Actions of the writer */

export class EditorForm {
  /** @type {HTMLDialogElement|undefined} */ #sheet;
  #cancel;

  /** @param {number} id @param {NoteText} text @param {Actions} on */
  constructor(id, text, on) {
    this.element = clone("note-editor", HTMLFormElement);
    number(this.element, id);
    this.fields = new NoteFields(this.element);
    this.fields.text = text;
    this.#cancel = on.cancel;
    this.#listen(on);
  }

  /** @param {HTMLElement} card @param {boolean} inSheet */
  open(card, inSheet) {
    card.dataset.editing = inSheet ? "sheet" : "";
    if (inSheet) this.#sheet = openSheet("editor-sheet", card, this.element, this.#cancel);
    else card.append(this.element);
    this.fields.fit();
    emit(card, "editor:opened");
  }

  /** @param {HTMLElement} card */
  close(card) {
    const focused = card.contains(document.activeElement);
    this.element.remove();
    if (this.#sheet) closeSheet(this.#sheet);
    delete card.dataset.editing;
    if (focused) card.focus({ preventScroll: true });
    emit(card, "editor:closed");
  }

  /** The element around the form: its card or its sheet. */
  get frame() {
    return /** @type {HTMLElement} */ (this.element.parentElement);
  }

  get isOpen() {
    return this.element.isConnected;
  }

  get typed() {
    return this.fields.text;
  }

  focus() {
    const { title, description } = this.fields;
    (description.value || !title.value ? description : title).focus();
  }

  /**
   * Show a change by others.
   * @param {string} words "" for nothing @param {string} [who] a name before them @param {boolean} [comparable]
   */
  mark(words, who = "", comparable = false) {
    const mark = find(this.element, ".elsewhere");
    const [text, name] = [find(mark, ".elsewhere-text"), document.createElement("bdi")];
    const isNews = text.textContent !== who + words;
    mark.hidden = !words;
    mark.toggleAttribute("data-conflicting", comparable);
    name.textContent = who;
    text.replaceChildren(name, words);
    find(mark, "button").hidden = !comparable;
    if (words && isNews) announce(who + words);
  }

  /** Show the state of saving. @param {string} words @param {import("../lib/api.js").Problem} [problem] */
  showStatus(words, problem) {
    const failed = Boolean(problem);
    if (problem?.errors.length) showErrors(this.element, problem);
    else clearErrors(this.element);
    const state = find(this.element, ".editor-state");
    state.textContent = words;
    state.toggleAttribute("data-failed", failed);
    find(this.element, ".save-button").textContent = failed ? "Retry" : "Save";
    if (failed) announce(words);
  }

  /** @param {Actions} on */
  #listen({ save, cancel, typing, compare }) {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      save();
    });
    this.element.addEventListener("input", typing);
    this.element.addEventListener("keydown", (event) => {
      if (isSaving(event)) save();
      if (keyOf(event) === "Escape") cancel();
    });
    find(this.element, ".cancel-button").addEventListener("click", cancel);
    find(this.element, ".compare-button").addEventListener("click", compare);
  }
}

/** Ids are unique on a page: those of the template get the note's number. @param {Element} form @param {number} id */
function number(form, id) {
  for (const name of ["id", "for", "aria-describedby", "aria-controls"]) {
    for (const element of form.querySelectorAll(`[${name}^="edit-"]`)) {
      element.setAttribute(name, `${element.getAttribute(name)}-${id}`);
    }
  }
}
