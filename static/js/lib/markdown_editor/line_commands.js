/** Makes the selected lines of a Markdown text a heading, a list or tasks, or plain again. */
import { HEADING, lineRange, parseLine, prefixOf, printLine } from "./markdown_lines.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */
/** @typedef {import("./markdown_lines.js").Line} Line */

const HEADING_LEVELS = 3; // that the button offers

/** The next level of heading, or none after the last. @param {string} text @param {number} start @param {number} end */
export function cycleHeading(text, start, end) {
  return changeLines(text, start, end, ([first]) => {
    const level = (headingOf(first).length + 1) % (HEADING_LEVELS + 1);
    return (line) => plain(line, level ? `${"#".repeat(level)} ` : "");
  });
}

/** @param {string} text @param {number} start @param {number} end */
export function toggleList(text, start, end) {
  return changeLines(text, start, end, (lines) =>
    lines.every(({ marker, box }) => marker && !box) ? plain : (line) => item(line, ""),
  );
}

/** @param {string} text @param {number} start @param {number} end */
export function toggleTasks(text, start, end) {
  return changeLines(text, start, end, (lines) =>
    lines.every(({ box }) => box) ? plain : (line) => item(line, line.box || "[ ] "),
  );
}

/** @param {Line} line */
const headingOf = ({ content }) => HEADING.exec(content)?.[1] ?? "";

/** Without heading and marker. @param {Line} line @param {string} [heading] the new one @returns {Line} */
function plain({ quote, content }, heading = "") {
  return { quote, indent: "", marker: "", gap: "", box: "", content: heading + content.replace(HEADING, "") };
}

/** @param {Line} line @param {string} box @returns {Line} */
function item(line, box) {
  return { ...plain(line), indent: line.indent, marker: line.marker || "-", gap: line.gap || " ", box };
}

/**
 * Change all selected lines; empty ones among others stay.
 * @param {string} text @param {number} start @param {number} end
 * @param {(lines: Line[]) => (line: Line) => Line} choose the change for these lines
 * @returns {Edit}
 */
function changeLines(text, start, end, choose) {
  const { from, to } = lineRange(text, start, end);
  const lines = text.slice(from, to).split("\n").map(parseLine);
  const filled = lines.filter((line) => printLine(line).trim());
  const affected = filled.length ? filled : lines;
  const change = choose(affected);
  const changed = lines.map((line) => (affected.includes(line) ? change(line) : line));
  const written = changed.map(printLine).join("\n");
  const caret = Math.max(from + prefixLength(changed[0]), start + written.length - (to - from));
  return { from, to, text: written, selection: start === end ? [caret, caret] : [from, from + written.length] };
}

/** @param {Line} line */
const prefixLength = (line) => prefixOf(line).length + (HEADING.exec(line.content)?.[0].length ?? 0);
