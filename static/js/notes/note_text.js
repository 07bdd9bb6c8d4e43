/** The text of a note: what one version says, and whether another says the same. */
import { scope } from "../boards/current_board.js";

export const DRAFTS = /** @type {const} */ (`${scope}draft:edit:`);

/** Under which key this browser keeps the draft of a note. @param {number} id @returns {`${typeof scope}draft:edit:${number}`} */
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
