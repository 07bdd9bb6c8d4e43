/** Makes the selected words of a Markdown text bold or italic, or plain again. */
import { HEADING, lineRange, parseLine, prefixOf } from "./markdown_lines.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */
/** @typedef {{from: number, to: number}} Range */
/** @typedef {Range & {text: string, opens: boolean}} Replacement of a part of the text, at the beginning or end of words */

const LETTER = /[\p{L}\p{M}\p{N}_'’]/u;
/** Marked words before the caret. */
const MARKED = { "**": /\*\*([^*]+)\*\*$/, "*": /(?<!\*)\*([^*]+)\*$/ };

/** @param {string} text @param {number} start @param {number} end */
export const toggleBold = (text, start, end) => toggle(text, start, end, "**");

/** @param {string} text @param {number} start @param {number} end */
export const toggleItalic = (text, start, end) => toggle(text, start, end, "*");

/** @param {string} text @param {number} start @param {number} end @param {"*"|"**"} mark @returns {Edit} */
function toggle(text, start, end, mark) {
  const before = text.slice(lineRange(text, start, start).from, start);
  if (start === end && text.startsWith(mark, start) && isOpen(before, mark)) return leave(start, mark);
  const size = mark.length;
  const closed = start === end ? MARKED[mark].exec(before) : null;
  const words = closed ? [{ from: start - size - closed[1].length, to: start - size }] : wordsIn(text, start, end);
  const marked = words.map((range) => markedRange(text, range, mark));
  const changes = words.flatMap((range, at) => {
    if (marked.every(Boolean)) return unmark(marked[at] ?? range, size);
    return marked[at] ? [] : enclose(range, mark);
  });
  const isWordEnd = start === end && words[0].from < words[0].to && start >= words[0].to;
  return join(text, changes, { from: start, to: end }, isWordEnd || words.length > 1);
}

/** Whether marked words began and did not end. @param {string} before the line up to the caret @param {string} mark */
const isOpen = (before, mark) => before.split(mark).length % 2 === 0 && !before.endsWith(mark);

/** The caret goes behind the mark. @param {number} caret @param {string} mark @returns {Edit} */
const leave = (caret, { length }) => ({
  from: caret,
  to: caret,
  text: "",
  selection: [caret + length, caret + length],
});

/** The words to mark: those of each selected line, or the word at the caret. @param {string} text @param {number} start @param {number} end */
function wordsIn(text, start, end) {
  if (start === end) return [wordAround(text, start)];
  /** @type {Range[]} */ const ranges = [];
  for (let at = start; at <= end; at = lineRange(text, at, at).to + 1) {
    const { from, to } = lineRange(text, at, at);
    const range = trim(text, Math.max(start, contentStart(text, from, to)), Math.min(end, to));
    if (range.from < range.to) ranges.push(range);
  }
  return ranges.length ? ranges : [{ from: end, to: end }];
}

/** @param {string} text @param {number} caret @returns {Range} */
export function wordAround(text, caret) {
  let [from, to] = [caret, caret];
  while (from > 0 && LETTER.test(text[from - 1])) from--;
  while (to < text.length && LETTER.test(text[to])) to++;
  return { from, to };
}

/** @param {string} text @param {number} from @param {number} to of a line */
function contentStart(text, from, to) {
  const line = parseLine(text.slice(from, to));
  return from + prefixOf(line).length + (HEADING.exec(line.content)?.[0].length ?? 0);
}

/** Without spaces at its ends: next to them a mark has no meaning. @param {string} text @param {number} from @param {number} to */
export function trim(text, from, to) {
  const words = text.slice(from, to);
  const begin = from + words.length - words.trimStart().length;
  return { from: Math.min(begin, to), to: Math.max(begin, from + words.trimEnd().length) };
}

/** The words with their marks, inside or around them; null when they have none. @param {string} text @param {Range} words @param {string} mark */
function markedRange(text, { from, to }, mark) {
  const size = mark.length;
  /** @param {number} stars */
  const has = (stars) => (size === 2 ? stars > 1 : stars % 2 === 1); // three are bold and italic
  const stars = (/** @type {RegExp} */ where, /** @type {string} */ part) => where.exec(part)?.[0].length ?? 0;
  const [before, after] = [stars(/\*+$/, text.slice(0, from)), stars(/^\*+/, text.slice(to))];
  if (has(before) && has(after)) return { from: from - size, to: to + size };
  const words = text.slice(from, to);
  return words.length > 2 * size && has(stars(/^\*+/, words)) && has(stars(/\*+$/, words)) ? { from, to } : null;
}

/** @param {Range} marked @param {number} size @returns {Replacement[]} */
const unmark = ({ from, to }, size) => [
  { from, to: from + size, text: "", opens: true },
  { from: to - size, to, text: "", opens: false },
];

/** @param {Range} words @param {string} text @returns {Replacement[]} */
const enclose = ({ from, to }, text) => [
  { from, to: from, text, opens: true },
  { from: to, to, text, opens: false },
];

/**
 * One edit for all; the selection keeps its words.
 * @param {string} text @param {Replacement[]} changes in their order @param {Range} selected
 * @param {boolean} around whether marks at its ends are in it; else they are outside
 * @returns {Edit}
 */
function join(text, changes, selected, around) {
  const from = Math.min(selected.from, ...changes.map((change) => change.from));
  const to = Math.max(selected.to, ...changes.map((change) => change.to));
  let [written, at] = ["", from];
  for (const change of changes) {
    written += text.slice(at, change.from) + change.text;
    at = change.to;
  }
  /** @param {number} position */
  const moved = (position) =>
    changes
      .filter((change) => change.from < position || (change.from === position && change.opens !== around))
      .reduce((sum, change) => sum + change.text.length - (Math.min(change.to, position) - change.from), position);
  return { from, to, text: written + text.slice(at, to), selection: [moved(selected.from), moved(selected.to)] };
}
