/** The two fields that a note is written in, in the composer and in an editor. */
import { find } from "../lib/elements.js";
import { growText } from "../lib/growing_field.js";

const LINE_BREAK = /\s*[\n\r\v\f\u0085\u2028\u2029]\s*/g;

export class NoteFields {
  /** @type {NoteText} */ #given = { title: null, description: null };
  #shown = { title: "", description: "" }; // the same, as the fields make it

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.title = find(form, "[name=title]", HTMLInputElement);
    this.description = find(form, "[name=description]", HTMLTextAreaElement);
  }

  get isEmpty() {
    return !this.title.value && !this.description.value;
  }

  /** What is typed, or null where nothing is; what nobody has changed is as it was. @returns {NoteText} */
  get text() {
    return { title: this.#typed("title"), description: this.#typed("description") };
  }

  /** @param {NoteText} text */
  set text({ title, description }) {
    this.#given = { title, description };
    // A field of one line would join two words without a blank.
    this.title.value = title?.replace(LINE_BREAK, " ") ?? "";
    this.description.value = description ?? "";
    this.#shown = { title: this.title.value, description: this.description.value };
    this.fit();
  }

  /** As many lines as are written, once the field is in the page. */
  fit() {
    growText(this.description);
  }

  /** @param {keyof NoteText} name */
  #typed(name) {
    const { value } = this[name];
    return value === this.#shown[name] ? this.#given[name] || null : value || null;
  }
}
