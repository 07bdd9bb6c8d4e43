/** The tick of a line that is a task, as `- [ ] milk` or `> 1. [x] milk`. */
import { parseLine, printLine } from "./markdown_editor/markdown_lines.js";

/** @typedef {string|undefined} Tick " ", "x" or "X"; undefined: the line is no task */

/** @param {string|undefined} line @returns {Tick} */
export const tickOf = (line = "") => parseLine(line).box[1];

/** @param {Tick} tick */
export const isTicked = (tick) => tick === "x" || tick === "X";

/** A line with another tick; unchanged when it is no task. @param {string} line @param {Tick} tick */
export function withTick(line, tick) {
  const { box, ...rest } = parseLine(line);
  return box && tick ? printLine({ ...rest, box: `[${tick}${box.slice(2)}` }) : line;
}

/** A line without its tick: equal for two lines that differ in their ticks only. @param {string} line */
export const untickedLine = (line) => withTick(line, " ");

/** What a line says, without the marks of quotes, lists and tasks. @param {string} line */
export const wordsOf = (line) => parseLine(line).content.trim();
