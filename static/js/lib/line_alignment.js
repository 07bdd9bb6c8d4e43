/**
 * Finds out what became of each line of a text in a later version of it.
 *
 * 1. A line with the same text is the same line, whatever its tick, and also when it was moved. 2. Between those, a line with
 * similar words is the same line, changed. 3. What is left between those is paired in order: a line that was typed in the
 * place of another one is that line, changed. 4. A line with similar words elsewhere is the same line, moved and changed. What has
 * no partner was deleted, or inserted. An empty line or list item is never changed: text in its place is inserted.
 */
import { untickedLine, wordsOf } from "./task_line.js";

const SIMILARITY = 0.5; // the least part of two similar lines that is equal
const LEAST_PART = 3; // characters that mean something
const MOST_CELLS = 1_000_000; // of the table in `mostPairs`, 0.1 s: more lines than that are paired in order

/** @typedef {[before: number, after: number]} Pair the numbers of two lines, from 0 */
/** @typedef {{before: number[], after: number[]}} Lines numbers of lines of both texts, ascending */

/**
 * @typedef Alignment
 * @property {Map<number, number>} kept the later line, by earlier line that stayed where it was
 * @property {Map<number, number>} found the same, and for those that were moved
 * @property {Map<number, number>} origins the earlier line, by later one
 * @property {number[][]} inserted by earlier line, and for the end: the later lines that were inserted before it, or moved there
 * @property {Set<number>} unclear earlier lines in whose place other lines were typed, more or fewer
 */

/** @param {string[]} before @param {string[]} after @returns {Alignment} */
export function alignLines(before, after) {
  const [texts, newTexts] = [before.map(untickedLine), after.map(untickedLine)];
  const [words, newWords] = [before.map(wordsOf), after.map(wordsOf)];
  const all = { before: [...before.keys()], after: [...after.keys()] };
  const { pairs, gaps } = match(all, (one, other) => texts[one] === newTexts[other]);
  const moved = findMoved(gaps, (line) => words[line] && texts[line], newTexts);
  const movedTo = new Set(moved.values());
  /** @type {Set<number>} */ const unclear = new Set();
  for (const gap of gaps) {
    const rest = {
      before: gap.before.filter((line) => !moved.has(line)),
      after: gap.after.filter((line) => !movedTo.has(line)),
    };
    const similar = match(rest, (one, other) => similarity(words[one], newWords[other]) >= SIMILARITY);
    pairs.push(...similar.pairs);
    for (const { before: old, after: typed } of similar.gaps) {
      if (old.every((line) => !words[line])) continue;
      if (typed.length && typed.length !== old.length) old.forEach(unclear.add, unclear);
      old.slice(0, typed.length).forEach((line, at) => void pairs.push([line, typed[at]]));
    }
  }
  const kept = new Map(pairs);
  const found = new Map([...kept, ...moved]);
  const paired = new Set(found.values());
  const alone = {
    before: all.before.filter((line) => !found.has(line)),
    after: all.after.filter((line) => !paired.has(line)),
  };
  for (const pair of mostSimilar(alone, words, newWords)) found.set(...pair);
  const origins = new Map([...found].map(([one, other]) => [other, one]));
  return { kept, found, origins, inserted: insertions(before.length, after.length, kept), unclear };
}

/**
 * As many pairs of lines as can be made in order, and the lines before, between and after them.
 * @param {Lines} lines @param {(before: number, after: number) => boolean} alike @returns {{pairs: Pair[], gaps: Lines[]}}
 */
function match({ before, after }, alike) {
  /** @type {Pair[]} */ const pairs = [];
  /** @type {Lines[]} */ const gaps = [{ before: [], after: [] }];
  let [row, column, rows, columns] = [0, 0, before.length, after.length];
  const pair = () => {
    pairs.push([before[row++], after[column++]]);
    gaps.push({ before: [], after: [] });
  };
  while (row < rows && column < columns && alike(before[row], after[column])) pair();
  while (rows > row && columns > column && alike(before[rows - 1], after[columns - 1]))
    [rows, columns] = [rows - 1, columns - 1];
  const best = mostPairs(before.slice(row, rows), after.slice(column, columns), alike);
  const [firstRow, firstColumn] = [row, column];
  while (row < rows || column < columns) {
    const step = row === rows ? "after" : column === columns ? "before" : best(row - firstRow, column - firstColumn);
    if (step === "both") pair();
    else if (step === "before") gaps[gaps.length - 1].before.push(before[row++]);
    else gaps[gaps.length - 1].after.push(after[column++]);
  }
  while (row < before.length) pair();
  return { pairs, gaps };
}

/**
 * The longest common subsequence: the next step on the way to it, by numbers of a row and a column.
 * @param {number[]} before @param {number[]} after @param {(before: number, after: number) => boolean} alike
 * @returns {(row: number, column: number) => "both"|"before"|"after"}
 */
function mostPairs(before, after, alike) {
  const width = after.length + 1;
  if (before.length * width > MOST_CELLS) return () => "before";
  const counts = new Uint16Array((before.length + 1) * width); // of pairs from a row and a column on
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const at = row * width + column;
      const skipping = Math.max(counts[at + width], counts[at + 1]);
      counts[at] = alike(before[row], after[column]) ? counts[at + width + 1] + 1 : skipping;
    }
  }
  return (row, column) => {
    const at = row * width + column;
    if (alike(before[row], after[column])) return "both";
    return counts[at + width] >= counts[at + 1] ? "before" : "after";
  };
}

/**
 * The later line by earlier line, of lines that are missing in one place and the same in another.
 * @param {Lines[]} gaps @param {(line: number) => string} textOf an earlier line, "" for one that is empty @param {string[]} newTexts
 */
function findMoved(gaps, textOf, newTexts) {
  /** @type {Map<string, number[]>} */ const inserted = new Map();
  for (const line of gaps.flatMap(({ after }) => after)) {
    inserted.set(newTexts[line], [...(inserted.get(newTexts[line]) ?? []), line]);
  }
  /** @type {Map<number, number>} */ const moved = new Map();
  for (const line of gaps.flatMap(({ before }) => before)) {
    const to = textOf(line) && inserted.get(textOf(line))?.shift();
    if (typeof to === "number") moved.set(line, to);
  }
  return moved;
}

/**
 * Pairs of lines with similar words, in any order.
 * @param {Lines} lines @param {string[]} words @param {string[]} newWords @returns {Pair[]}
 */
function mostSimilar({ before, after }, words, newWords) {
  if (before.length * after.length > MOST_CELLS) return [];
  const free = new Set(after);
  /** @type {Pair[]} */ const pairs = [];
  for (const line of before) {
    let [best, most] = [-1, SIMILARITY];
    for (const other of free) {
      const part = similarity(words[line], newWords[other]);
      if (part > most || (part === most && best < 0)) [best, most] = [other, part];
    }
    if (free.delete(best)) pairs.push([line, best]);
  }
  return pairs;
}

/**
 * The part of two lines that is equal, at their starts and ends together: from 0 to 1. A line to which much was added, or of
 * which little is left, is similar.
 * @param {string} one @param {string} other
 */
function similarity(one, other) {
  const shorter = Math.min(one.length, other.length);
  let [start, end] = [0, 0];
  while (start < shorter && one[start] === other[start]) start++;
  while (end < shorter - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end++;
  const isPart = start + end === shorter && shorter >= LEAST_PART;
  return shorter && Math.max((2 * (start + end)) / (one.length + other.length), isPart ? SIMILARITY : 0);
}

/**
 * The later lines that did not stay where they were, by the earlier line before which they are now.
 * @param {number} before @param {number} after numbers of lines @param {Map<number, number>} kept
 */
function insertions(before, after, kept) {
  /** @type {number[][]} */ const inserted = Array.from({ length: before + 1 }, () => []);
  const stayed = new Map([...kept].map(([one, other]) => [other, one]));
  for (let line = after - 1, next = before; line >= 0; line--) {
    const origin = stayed.get(line);
    if (origin === undefined) inserted[next].unshift(line);
    else next = origin;
  }
  return inserted;
}
