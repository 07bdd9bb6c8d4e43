/** Lines that are pasted into a title: the first becomes the title, the others the beginning of the text. */
import { parseLine } from "./markdown_lines.js";
import { pastedMarkdown } from "./paste.js";
import { applyEdit } from "./undoable_edit.js";

const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/** @param {HTMLInputElement} title @param {HTMLTextAreaElement} description */
export function start(title, description) {
  title.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    const [first = "", ...others] = data?.getData("text/plain").trim().split(LINE_BREAK) ?? [];
    if (!data || !others.length) return;
    event.preventDefault();
    const [, ...formatted] = pastedMarkdown(data).split("\n");
    const rest = (formatted.length ? formatted : others).join("\n").replace(/^\s*\n|\s+$/g, "");
    const after = description.value && `\n${/^\s*$/m.test(rest) ? "\n" : ""}`;
    applyEdit(description, { from: 0, to: 0, text: rest + after });
    const { selectionStart, selectionEnd, value } = title;
    const from = selectionStart ?? value.length;
    applyEdit(title, { from, to: selectionEnd ?? from, text: parseLine(first.trim()).content });
  });
}
