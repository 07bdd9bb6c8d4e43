/** The two fields that a note is written in, in the composer and in an editor. */
import { find } from "./elements.js";

export class NoteFields {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.title = find(form, "[name=title]", HTMLInputElement);
    this.description = find(form, "[name=description]", HTMLTextAreaElement);
  }

  get isEmpty() {
    return !this.title.value && !this.description.value;
  }

  /** What is typed, or null where nothing is. @returns {NoteText} */
  get text() {
    return { title: this.title.value || null, description: this.description.value || null };
  }

  /** @param {NoteText} text */
  set text({ title, description }) {
    this.title.value = title ?? "";
    this.description.value = description ?? "";
  }
}
