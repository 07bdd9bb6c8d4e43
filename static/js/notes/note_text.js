/** The text of a version of a note, and comparisons of texts. */
import { scope } from "../boards/current_board.js";

export const DRAFTS = /** @type {const} */ (`${scope}draft:edit:`);

/** The storage key of a note's draft. @param {number} id @returns {`${typeof scope}draft:edit:${number}`} */
export const draftKey = (id) => `${scope}draft:edit:${id}`;

/** @param {NoteText & {version: number}} note @returns {NoteBase} with nothing for a blank */
export const baseOf = ({ version, title, description }) => ({
  version,
  title: title || null,
  description: description || null,
});

/** @param {NoteText} one @param {NoteText} other */
export const sameText = (one, other) =>
  (one.title || null) === (other.title || null) && (one.description || null) === (other.description || null);
