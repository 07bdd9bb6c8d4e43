/** Pasting into a field with Markdown: formatted text becomes Markdown, an address on selected words a link. */
import { markdownOf } from "./html_to_markdown.js";
import { isAddress, linkAround, linkTo } from "./link_commands.js";
import { isInFence, lineRange, parseLine } from "./markdown_lines.js";
import { applyEdit } from "./undoable_edit.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */

const CODE_EDITOR = "vscode-editor-data"; // its clipboard has coloured code
const BLOCK = /^(?:#{1,6} |> |\||```|---$|(?:[-*+]|\d+[.)]) )/;

/** @param {HTMLTextAreaElement} field */
export function start(field) {
  field.addEventListener("paste", (event) => {
    const edit = event.clipboardData && pasted(event.clipboardData, field);
    if (!edit) return; // as plain text, by the browser
    event.preventDefault();
    applyEdit(field, edit);
  });
}

/** The Markdown of a clipboard; "" when it has no formats. @param {DataTransfer} data */
export const pastedMarkdown = (data) => (data.types.includes(CODE_EDITOR) ? "" : markdownOf(data.getData("text/html")));

/** @param {DataTransfer} data @param {HTMLTextAreaElement} field @returns {Edit|null} */
function pasted(data, { value, selectionStart: from, selectionEnd: to }) {
  if (isInFence(value, lineRange(value, from, from).from)) return null;
  const words = value.slice(from, to);
  const address = data.getData("text/plain").trim();
  const canLink = words.trim() && !words.includes("\n") && !isAddress(words) && !linkAround(value, from, to);
  if (canLink && isAddress(address)) return { from, to, text: linkTo(words, address) };
  const markdown = pastedMarkdown(data);
  return markdown ? placed(markdown, value, from, to) : null;
}

/** A block begins a line: in place of an empty item, else after an empty line. @param {string} markdown @param {string} value @param {number} from @param {number} to */
function placed(markdown, value, from, to) {
  if (!BLOCK.test(markdown)) return { from, to, text: markdown };
  const line = lineRange(value, from, from).from;
  const before = parseLine(value.slice(line, from));
  if (before.content.trim()) return { from, to, text: `\n\n${markdown}` };
  return { from: line + before.quote.length + before.indent.length, to, text: markdown };
}
