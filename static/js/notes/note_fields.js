/** The two text fields of a note, in the composer and in an editor. */
import { boardId } from "../boards/current_board.js";
import { find } from "../lib/elements.js";
import { growText } from "../lib/growing_field.js";
import * as markdownEditor from "../lib/markdown_editor/markdown_editor.js";
import * as titlePaste from "../lib/markdown_editor/title_paste.js";
import { applyEdit } from "../lib/markdown_editor/undoable_edit.js";
import * as textCompletion from "../lib/completion/text_completion.js";
import { completions, pathOfBoard } from "../messages/completions.js";

const LINE_BREAK = /\s*[\n\r\v\f\u0085\u2028\u2029]\s*/g;

export class NoteFields {
  /** @type {NoteText} */ #given = { title: null, description: null };
  #shown = { title: "", description: "" }; // the same, as the fields make it

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.title = find(form, "[name=title]", HTMLInputElement);
    this.description = find(form, "[name=description]", HTMLTextAreaElement);
    markdownEditor.start(this.description, find(form, ".markdown-toolbar"));
    titlePaste.start(this.title, this.description);
    const sources = completions(pathOfBoard(boardId));
    textCompletion.start(this.description, sources);
    textCompletion.start(this.title, { "@": sources["@"] }); // a title is plain text, and has no links
  }

  get isEmpty() {
    return !this.title.value && !this.description.value;
  }

  /** The typed text, null for an empty field; unchanged text stays as it was stored. @returns {NoteText} */
  get text() {
    return { title: this.#typed("title"), description: this.#typed("description") };
  }

  /** @param {NoteText} text */
  set text({ title, description }) {
    this.#given = { title, description };
    // A one-line field would join two words without a space.
    this.title.value = title?.replace(LINE_BREAK, " ") ?? "";
    this.description.value = description ?? "";
    this.#shown = { title: this.title.value, description: this.description.value };
    this.fit();
  }

  /** Change typed text; undo reverts it. @param {NoteText} text */
  change(text) {
    for (const name of /** @type {const} */ (["title", "description"])) {
      const [field, wanted] = [this[name], text[name] ?? ""];
      if (this.text[name] !== text[name]) applyEdit(field, { from: 0, to: field.value.length, text: wanted });
    }
  }

  /** Grow to the text, once the field is in the page. */
  fit() {
    growText(this.description);
  }

  /** @param {keyof NoteText} name */
  #typed(name) {
    const { value } = this[name];
    return value === this.#shown[name] ? this.#given[name] || null : value || null;
  }
}
