/** The form in a card that is being edited: its fields, and what it says while they are typed in. */
import { clone } from "./card.js";
import { announce } from "./messages.js";

/** @typedef {{title: string|null, description: string|null}} Text */

/** @param {Text} note @returns {Text} with nothing for a blank */
export const textOf = ({ title, description }) => ({ title: title || null, description: description || null });

/** @param {Text} one @param {Text} other */
export const sameText = (one, other) =>
  (one.title || null) === (other.title || null) && (one.description || null) === (other.description || null);

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

  /** How the saving goes. @param {string} words @param {boolean} failed */
  say(words, failed = false) {
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
