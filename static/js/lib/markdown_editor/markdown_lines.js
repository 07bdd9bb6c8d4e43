/** The lines of a Markdown text: what stands before their content, and which of them are selected. */

const LINE =
  /^(?<quote>(?: {0,3}> ?)*)(?<indent>[ \t]*)(?:(?<marker>[-*+]|\d{1,9}[.)])(?<gap>[ \t]+)(?<box>\[[ xX]\](?:[ \t]+|$))?)?/;
const RULE = /^[ \t]*([-*_])([ \t]*\1){2,}[ \t]*$/;
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})/;

/** At the beginning of a line's content. */
export const HEADING = /^(#{1,6})[ \t]+/;

/**
 * The parts of a line in their order; all but the content may be empty.
 * @typedef {object} Line
 * @property {string} quote such as "> "
 * @property {string} indent spaces and tabs
 * @property {string} marker of a list, such as "-" or "12."
 * @property {string} gap the spaces after it
 * @property {string} box of a task, such as "[x] "
 * @property {string} content the rest
 */

/** @param {string} text of one line @returns {Line} */
export function parseLine(text) {
  const {
    quote = "",
    indent = "",
    marker = "",
    gap = "",
    box = "",
  } = (!RULE.test(text) && LINE.exec(text)?.groups) || {};
  return { quote, indent, marker, gap, box, content: text.slice((quote + indent + marker + gap + box).length) };
}

/** @param {Line} line */
export const printLine = (line) => prefixOf(line) + line.content;

/** What stands before the content. @param {Line} line */
export const prefixOf = ({ quote, indent, marker, gap, box }) => quote + indent + marker + gap + box;

/** The line of the next item: the next number, an empty box. @param {Line} item @returns {Line} without content */
export const nextItem = (item) => ({
  ...item,
  marker: item.marker.replace(/\d+/, (number) => String(Number(number) + 1)),
  box: item.box && "[ ] ",
  content: "",
});

/** In columns. @param {Line} line */
export const indentOf = ({ indent }) => columns(indent);

/** The column at which items below this one are nested in it. @param {Line} item */
export const contentColumn = ({ indent, marker, gap }) => columns(indent) + marker.length + columns(gap);

/** @param {string} spaces */
const columns = (spaces) => spaces.replaceAll("\t", "    ").length;

/** The range of the whole lines in which a selection is. @param {string} text @param {number} start @param {number} end */
export function lineRange(text, start, end) {
  const from = start && text.lastIndexOf("\n", start - 1) + 1;
  // A selection that ends with a line break does not include the next line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const to = text.indexOf("\n", last);
  return { from, to: to < 0 ? text.length : to };
}

/** Whether a line is inside a fenced block of code. @param {string} text @param {number} from where the line begins */
export function isInFence(text, from) {
  let fence = "";
  for (const line of text.slice(0, from).split("\n").slice(0, -1)) {
    const [, found = ""] = FENCE.exec(line) ?? [];
    if (!fence) fence = found;
    else if (found.startsWith(fence)) fence = "";
  }
  return fence !== "";
}
