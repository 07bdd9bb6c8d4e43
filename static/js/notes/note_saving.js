/** Saves an editor's text: merged with what others saved since the edit began. */
import { SAVED_OFFLINE, waitUntil } from "../feed/confirmation.js";
import { Problem } from "../lib/api.js";
import { noteOf } from "./note_card.js";
import { change } from "./note_requests.js";
import { baseOf, mergeNotes, sameText } from "./note_text.js";

/**
 * Save an editor's text; the editor closes when the change has arrived by the feed, because the page shows nothing by
 * itself. Throws a Problem.
 * @param {import("./note_editor.js").NoteEditor} editor @param {NoteBase} newest known version of the note
 * @returns {Promise<NoteBase|null>} the other text, when it conflicts with the typed one: then nothing was saved
 */
export async function save(editor, newest) {
  const { id, card, feed, form } = editor;
  const sent = form.typed;
  const theirs = newest.version > editor.base.version ? newest : editor.base;
  const { saved, conflict } = await saveText(id, editor.base, sent, baseOf(theirs));
  if (conflict) return conflict;
  if (saved) {
    // What is typed from now on is a change of what was sent. A base of an old version is merged again.
    editor.base = sameText(saved.note, sent) ? baseOf(saved.note) : { ...sent, version: editor.base.version };
    feed.expectEvent(saved.eventId);
    if (feed.state !== "live") form.showStatus(SAVED_OFFLINE);
    await waitUntil(card, () => noteOf(card).version >= saved.note.version || !form.isOpen);
  }
  if (!sameText(sent, form.typed)) form.showStatus("Saved. What you typed since then is not saved yet.");
  else if (form.isOpen) editor.close();
  return null;
}

/**
 * Merge the typed text with the newest one, and save the fields that differ from that; again, while others are faster.
 * @param {number} id @param {NoteBase} base @param {NoteText} typed @param {NoteBase} theirs the newest known
 * @returns {Promise<{saved?: Saved, conflict?: NoteBase}>} neither when nothing differs
 */
async function saveText(id, base, typed, theirs) {
  const { text, clean } = mergeNotes(base, typed, theirs);
  if (!clean) return { conflict: theirs };
  /** @type {Partial<NoteText>} */ const changes = {};
  if (text.title !== theirs.title) changes.title = text.title;
  if (text.description !== theirs.description) changes.description = text.description;
  if (!Object.keys(changes).length) return {};
  try {
    return { saved: await change("PATCH", `/${id}`, changes, theirs.version) };
  } catch (caught) {
    const problem = Problem.of(caught);
    if (problem.status !== 412 || !problem.note) throw problem;
    return saveText(id, base, typed, baseOf(problem.note));
  }
}
