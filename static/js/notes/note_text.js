/** The text of a version of a note: comparing two, and merging them. */
import { scope } from "../boards/current_board.js";
import { mergeText } from "../lib/merge_text.js";

export const DRAFTS = /** @type {const} */ (`${scope}draft:edit:`);

/** The storage key of a note's draft. @param {number} id @returns {`${typeof scope}draft:edit:${number}`} */
export const draftKey = (id) => `${scope}draft:edit:${id}`;

/** @param {NoteBase} note @returns {NoteBase} with nothing for a blank */
export const baseOf = ({ version, title, description }) => ({
  version,
  title: title || null,
  description: description || null,
});

/** @param {NoteText} one @param {NoteText} other */
export const sameText = (one, other) =>
  (one.title || null) === (other.title || null) && (one.description || null) === (other.description || null);

/**
 * Merge two texts that began as `base`: the title as a whole, the description by line.
 * @param {NoteText} base @param {NoteText} mine @param {NoteText} theirs
 * @returns {{text: NoteText, clean: boolean}} not clean: where they conflict, the text is mine
 */
export function mergeNotes(base, mine, theirs) {
  const [was, own, other] = [base, mine, theirs].map(({ title }) => title || null);
  const { text, clean } = mergeText(base.description ?? "", mine.description ?? "", theirs.description ?? "");
  return {
    text: { title: own === was ? other : own, description: text || null },
    clean: clean && (own === was || other === was || own === other),
  };
}
