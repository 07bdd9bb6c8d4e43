/** The form in a card that is being edited: its fields, and what it says while they are typed in. */
import { clone } from "./card.js";
import { clearErrors, showErrors } from "./field_errors.js";
import { announce } from "./messages.js";
import { textOf } from "./note_text.js";

/** @typedef {import("./note_text.js").Text} Text */

export class EditorForm {
  /** @param {number} id @param {Text} text @param {{save: () => void, cancel: () => void, typing: () => void, compare: () => void}} on */
  constructor(id, text, on) {
    /** @type {HTMLFormElement} */
    this.element = clone("note-editor");
    this.fields = this.element.elements;
    this.fields.title.value = text.title ?? "";
    this.fields.description.value = text.description ?? "";
    number(this.element, id);
    this.#listen(on);
  }

  /** @returns {Text} */
  get typed() {
    return textOf({ title: this.fields.title.value, description: this.fields.description.value });
  }

  focus() {
    const { title, description } = this.fields;
    (description.value || !title.value ? description : title).focus();
  }

  /** What happened elsewhere. @param {string} words "" for nothing @param {boolean} comparable */
  mark(words, comparable = false) {
    const mark = this.element.querySelector(".elsewhere");
    mark.hidden = !words;
    mark.querySelector("b").textContent = words;
    mark.querySelector("button").hidden = !comparable;
    if (words) announce(words);
  }

  get isOpen() {
    return this.element.isConnected;
  }

  /** How the saving goes. @param {string} words @param {import("./api.js").Problem} [problem] */
  say(words, problem) {
    const failed = Boolean(problem);
    if (problem?.errors.length) showErrors(this.element, problem);
    else clearErrors(this.element);
    const state = this.element.querySelector(".editor-state");
    state.textContent = words;
    state.toggleAttribute("data-failed", failed);
    this.element.querySelector(".save-button").textContent = failed ? "Retry" : "Save";
    if (failed) announce(words);
  }

  #listen({ save, cancel, typing, compare }) {
    const hear = (name, heard) => this.element.addEventListener(name, heard);
    hear("submit", (event) => {
      event.preventDefault();
      save();
    });
    hear("input", typing);
    hear("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
      if (event.key === "Escape") cancel();
    });
    this.element.querySelector(".cancel-button").addEventListener("click", cancel);
    this.element.querySelector(".compare-button").addEventListener("click", compare);
  }
}

/** Ids are unique on a page: those of the template get the note's number. */
function number(form, id) {
  for (const name of ["id", "for", "aria-describedby"]) {
    for (const element of form.querySelectorAll(`[${name}^="edit-"]`)) {
      element.setAttribute(name, `${element.getAttribute(name)}-${id}`);
    }
  }
}
