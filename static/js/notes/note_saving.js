/** Saves an editor's text, without overwriting a text that was not seen. */
import { SAVED_OFFLINE, waitUntil } from "../feed/confirmation.js";
import { Problem } from "../lib/api.js";
import { noteOf } from "./note_card.js";
import { change } from "./note_requests.js";
import { baseOf, sameText } from "./note_text.js";

/**
 * Save an editor's text; the editor closes when the change has arrived by the feed, because the page shows nothing by
 * itself. Throws a Problem.
 * @param {import("./note_editor.js").NoteEditor} editor @param {boolean} deleted whether the note has to be restored first
 */
export async function save(editor, deleted) {
  const { id, card, feed, form } = editor;
  if (deleted) editor.base = baseOf((await change("POST", `/${id}/restore`)).note);
  const sent = form.typed;
  const saved = await saveText(id, editor.base, sent);
  if (saved) {
    editor.base = baseOf(saved.note);
    feed.expectEvent(saved.eventId);
    if (feed.state !== "live") form.showStatus(SAVED_OFFLINE);
    await waitUntil(card, () => noteOf(card).version >= saved.note.version || !form.isOpen);
  }
  if (!sameText(sent, form.typed)) form.showStatus("Saved. What you typed since then is not saved yet.");
  else if (form.isOpen) editor.close();
}

/**
 * Save the fields that differ from the base. A newer version with the same text (a tick) is no conflict.
 * @param {number} id @param {NoteBase} base @param {NoteText} typed
 * @returns {Promise<Saved|null>} null when nothing differs
 */
async function saveText(id, base, typed) {
  /** @type {Partial<NoteText>} */ const changes = {};
  if (typed.title !== base.title) changes.title = typed.title;
  if (typed.description !== base.description) changes.description = typed.description;
  if (!Object.keys(changes).length) return null;
  try {
    return await change("PATCH", `/${id}`, changes, base.version);
  } catch (caught) {
    const problem = Problem.of(caught);
    if (problem.status !== 412 || !problem.note || !sameText(problem.note, base)) throw problem;
    return saveText(id, baseOf(problem.note), typed);
  }
}
