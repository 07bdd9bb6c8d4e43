/**
 * Merges two versions of a text that began as the same one, line by line.
 *
 * 1. What one side changed, moved, deleted or inserted is so in the result. 2. A line that both changed in different ways, or
 * one changed and the other deleted or moved, is a conflict. Neighbouring lines are not. 3. A tick merges apart from its line's
 * text, wherever the line is now: it is changed if either side changed it. Who deletes a line need not know its tick.
 * 4. Lines that both inserted in one place all stay, theirs first; if both begin with the same lines, these come once. Only two
 * different texts in place of none are a conflict.
 */
import { alignLines } from "./line_alignment.js";
import { isTicked, tickOf, untickedLine, withTick } from "./task_line.js";

/** @typedef {{lines: string[]} & import("./line_alignment.js").Alignment} Side */

/**
 * @param {string} base @param {string} mine @param {string} theirs
 * @returns {{text: string, clean: boolean}} not clean: where they conflict, the text is mine
 */
export function mergeText(base, mine, theirs) {
  if (mine === base || mine === theirs) return { text: theirs, clean: true };
  if (theirs === base) return { text: mine, clean: true };
  const { lines, clean } = new Merge(linesOf(base), linesOf(mine), linesOf(theirs));
  return { text: lines.join("\n"), clean };
}

/** The lines as a text area counts them; an empty text has none. @param {string} text */
const linesOf = (text) => (text ? text.split(/\r\n|\r|\n/) : []);

/** Whether two lines differ in their tick at most. @param {string} one @param {string} other */
const sameText = (one, other) => untickedLine(one) === untickedLine(other);

class Merge {
  /** @type {string[]} */ lines = [];
  clean = true;

  /** @param {string[]} base @param {string[]} mine @param {string[]} theirs */
  constructor(base, mine, theirs) {
    this.base = base;
    this.mine = { lines: mine, ...alignLines(base, mine) };
    this.theirs = { lines: theirs, ...alignLines(base, theirs) };
    for (let line = 0; line <= base.length; line++) {
      this.#insert(this.mine.inserted[line], this.theirs.inserted[line]);
      if (line < base.length) this.#merge(line);
    }
  }

  /** @param {number[]} mine @param {number[]} theirs numbers of lines that were inserted in one place */
  #insert(mine, theirs) {
    const common = this.#commonStart(mine, theirs);
    if (!this.base.length && common < Math.min(mine.length, theirs.length)) {
      this.clean = false;
      theirs = theirs.slice(0, common);
    }
    theirs.forEach(
      (line, at) => void this.#add(this.theirs, line, at < common ? this.mine.lines[mine[at]] : undefined),
    );
    for (const line of mine.slice(common)) this.#add(this.mine, line);
  }

  /** @param {number[]} mine @param {number[]} theirs @returns {number} of lines */
  #commonStart(mine, theirs) {
    const { lines } = this.mine;
    const most = Math.min(mine.length, theirs.length);
    let common = 0;
    while (common < most && sameText(lines[mine[common]], this.theirs.lines[theirs[common]])) common++;
    // Blank lines before two different paragraphs are needed for both.
    if (common < most) while (common && !lines[mine[common - 1]].trim()) common--;
    return common;
  }

  /** @param {number} line of the base */
  #merge(line) {
    const [own, others] = [this.mine.kept.get(line), this.theirs.kept.get(line)];
    const [changedByMe, changedByThem] = [this.#isChanged(this.mine, line), this.#isChanged(this.theirs, line)];
    if (changedByMe && changedByThem && !this.#agree(own, others)) this.clean = false;
    if (this.#losesTick(this.mine, this.theirs, line) || this.#losesTick(this.theirs, this.mine, line))
      this.clean = false;
    if (changedByMe || !changedByThem) this.#add(this.mine, own);
    else this.#add(this.theirs, others);
  }

  /** Whether a side changed the text of a line, or deleted or moved it. @param {Side} side @param {number} line of the base */
  #isChanged({ kept, lines }, line) {
    const now = kept.get(line);
    return now === undefined || !sameText(lines[now], this.base[line]);
  }

  /** @param {number|undefined} own @param {number|undefined} others undefined: not there any more */
  #agree(own, others) {
    if (own === undefined || others === undefined) return own === others;
    return sameText(this.mine.lines[own], this.theirs.lines[others]);
  }

  /** Whether nobody can tell where the other side's tick belongs. @param {Side} side @param {Side} other @param {number} line */
  #losesTick(side, other, line) {
    const tick = tickOf(other.lines[other.found.get(line) ?? -1]);
    return side.unclear.has(line) && tick !== undefined && isTicked(tick) !== isTicked(tickOf(this.base[line]));
  }

  /** Add a line of a side, with the tick of both. @param {Side} side @param {number|undefined} line @param {string} [twin] the other side's */
  #add({ lines, origins }, line, twin) {
    if (line === undefined) return;
    const origin = origins.get(line);
    const tick = origin === undefined ? mergeTicks(undefined, tickOf(lines[line]), tickOf(twin)) : this.#tickOf(origin);
    this.lines.push(withTick(lines[line], tick));
  }

  /** @param {number} line of the base */
  #tickOf(line) {
    const [own, others] = [this.mine, this.theirs].map(({ found, lines }) => tickOf(lines[found.get(line) ?? -1]));
    return mergeTicks(tickOf(this.base[line]), own, others);
  }
}

/** @typedef {import("./task_line.js").Tick} Tick */

/** @param {Tick} base @param {Tick} mine @param {Tick} theirs @returns {Tick} */
function mergeTicks(base, mine, theirs) {
  if (theirs === undefined || theirs === base) return mine ?? theirs;
  if (mine === undefined || mine === base) return theirs;
  return isTicked(mine) === isTicked(base) ? theirs : mine; // x and X are the same
}
