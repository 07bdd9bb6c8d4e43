/** The tick of a line that is a task, as `- [ ] milk` or `> 1. [x] milk`. */
import { parseLine } from "./markdown_editor/markdown_lines.js";

/** As the server finds them (domain/text/markdown.py), also in a list that begins in the line of another one. */
const TASK = /^([ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)+\[)([ xX])(?=\](?:[ \t]|$))/;

/** @typedef {string|undefined} Tick " ", "x" or "X"; undefined: the line is no task */

/** @param {string|undefined} line @returns {Tick} */
export const tickOf = (line) => line?.match(TASK)?.[2];

/** @param {Tick} tick */
export const isTicked = (tick) => tick === "x" || tick === "X";

/** A line with another tick; unchanged when it is no task. @param {string} line @param {Tick} tick */
export const withTick = (line, tick) => (tick ? line.replace(TASK, `$1${tick}`) : line);

/** A line without its tick: equal for two lines that differ in their ticks only. @param {string} line */
export const untickedLine = (line) => withTick(line, " ");

/** What a line says, without the marks of quotes, lists and tasks. @param {string} line */
export const wordsOf = (line) => parseLine(line).content.trim();
