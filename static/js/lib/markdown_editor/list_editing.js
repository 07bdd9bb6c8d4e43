/** What Enter and Tab do in the lists of a Markdown text. */
import {
  contentColumn,
  indentOf,
  isInFence,
  lineRange,
  nextItem,
  parseLine,
  prefixOf,
  printLine,
} from "./markdown_lines.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */
/** @typedef {import("./markdown_lines.js").Line} Line */

/**
 * Enter: the next item, or the end of the list on an empty item. Later items keep their numbers: Markdown counts by
 * itself, and other people may be changing those lines.
 * @param {string} text @param {number} start @param {number} end of the selection
 * @returns {Edit|null} null for a plain line break
 */
export function breakLine(text, start, end) {
  const { from, to } = lineRange(text, start, start);
  const line = parseLine(text.slice(from, to));
  const prefix = prefixOf(line);
  if (!(line.quote || line.marker) || start < from + prefix.length || isInFence(text, from)) return null;
  if (start === end && !line.content.trim()) return { from, to, text: endOfList(linesAbove(text, from), line) };
  const spaces = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  return { from: start, to: end + spaces, text: `\n${prefixOf(nextItem(line))}` };
}

/** What replaces an empty item: an item of the list around it, or the line after the list. @param {Line[]} above @param {Line} item */
function endOfList(above, item) {
  const outer = item.marker ? parentOf(above, item) : null;
  if (outer) return prefixOf(nextItem(outer));
  const left = item.marker ? item.quote : item.quote.replace(/ {0,3}> ?$/, "");
  // Without an empty line, Markdown takes the text that follows for a part of the last item.
  const last = above.at(-1);
  return last?.content.trim() ? `${left}\n${left}` : left;
}

/**
 * Tab and Shift+Tab: items become items of the one above, or of the list around.
 * @param {string} text @param {number} start @param {number} end of the selection @param {boolean} outwards
 * @returns {Edit|null} null where there is nothing to indent
 */
export function indentItems(text, start, end, outwards) {
  const { from, to } = lineRange(text, start, end);
  const lines = text.slice(from, to).split("\n").map(parseLine);
  const above = linesAbove(text, from);
  const [first] = lines;
  if (!first.marker || isInFence(text, from) || (outwards && !indentOf(first))) return null;
  const step = newIndent(above, first, outwards) - indentOf(first);
  const moved = lines.map((line) => {
    const changed = printLine(line).trim() ? renumber(above, shift(line, step)) : line;
    above.push(changed);
    return changed;
  });
  const written = moved.map(printLine).join("\n");
  const caret = Math.max(from, start + prefixOf(moved[0]).length - prefixOf(first).length);
  return { from, to, text: written, selection: [caret, Math.max(caret, end + written.length - (to - from))] };
}

/** @param {Line[]} above @param {Line} item @param {boolean} outwards @returns {number} columns */
function newIndent(above, item, outwards) {
  const other = outwards ? parentOf(above, item) : previousItem(above, item);
  if (outwards) return other ? indentOf(other) : 0;
  return Math.max(indentOf(item), other ? contentColumn(other) : 0);
}

/** @param {Line} line @param {number} step columns */
const shift = (line, step) => (step ? { ...line, indent: " ".repeat(Math.max(0, indentOf(line) + step)) } : line);

/** An item that moved counts on in its new list. @param {Line[]} above @param {Line} item @returns {Line} */
function renumber(above, item) {
  if (!/\d/.test(item.marker)) return item;
  const before = previousItem(above, item);
  const counted = before && indentOf(before) === indentOf(item) && /\d/.test(before.marker);
  return { ...item, marker: counted ? nextItem(before).marker : item.marker.replace(/\d+/, "1") };
}

/** The nearest item above that is not nested deeper. @param {Line[]} above @param {Line} item @returns {Line|null} */
function previousItem(above, item) {
  for (const line of above.toReversed()) {
    if (line.marker && indentOf(line) <= indentOf(item)) return line;
    if (!line.marker && !line.indent && line.content) return null; // a paragraph between two lists
  }
  return null;
}

/** The item around this one. @param {Line[]} above @param {Line} item @returns {Line|null} */
const parentOf = (above, item) =>
  above.findLast((line) => line.marker !== "" && indentOf(line) < indentOf(item)) ?? null;

/** @param {string} text @param {number} from where a line begins */
const linesAbove = (text, from) =>
  from
    ? text
        .slice(0, from - 1)
        .split("\n")
        .map(parseLine)
    : [];
