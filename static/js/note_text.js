/** The text of a note: what one version says, and saving another without overwriting what nobody has seen. */
import { change } from "./api.js";

/** @typedef {{title: string|null, description: string|null}} Text */
/** @typedef {Text & {version: number}} Base the version that a text started from */
/** @typedef {Text & {base: Base}} Draft */

/** Under which key this browser keeps the draft of a note. @param {number|""} id */
export const draftKey = (id) => `draft:edit:${id}`;

/** @param {Text} note @returns {Text} with nothing for a blank */
export const textOf = ({ title, description }) => ({ title: title || null, description: description || null });

/** @param {Text & {version: number}} note @returns {Base} */
export const baseOf = (note) => ({ version: note.version, ...textOf(note) });

/** @param {Text} one @param {Text} other */
export const sameText = (one, other) =>
  (one.title || null) === (other.title || null) && (one.description || null) === (other.description || null);

/**
 * Save what differs from the base. A newer version that says the same (somebody ticked it) is no conflict.
 * @param {number} id @param {Base} base @param {Text} typed
 * @returns {Promise<{note: import("./card.js").Note, eventId: string}|null>} null when nothing differs; throws a Problem
 */
export async function saveText(id, base, typed) {
  const changes = Object.entries(typed).filter(([name, value]) => value !== base[name]);
  if (!changes.length) return null;
  try {
    return await change("PATCH", `/${id}`, Object.fromEntries(changes), base.version);
  } catch (problem) {
    if (problem.status !== 412 || !problem.note || !sameText(problem.note, base)) throw problem;
    return saveText(id, baseOf(problem.note), typed);
  }
}
