/** Takes back a change of a note, whose card may have left the page because of it, and goes to the card. */
import { waitUntil } from "../../feed/confirmation.js";
import { explain, Problem } from "../../lib/api.js";
import { goTo } from "../../lib/list_keys.js";
import { toast } from "../../lib/page_events.js";
import { change } from "../note_requests.js";

/**
 * Say what was done, and offer to take it back.
 * @param {string} words @param {HTMLElement} list @param {ExpectingFeed} feed
 * @param {number} id of the note @param {object|null} before what a PATCH sets again; null: restore a deleted note
 */
export function offerUndo(words, list, feed, id, before) {
  const undo = async () => {
    try {
      const { eventId } = await (before ? change("PATCH", `/${id}`, before) : change("POST", `/${id}/restore`));
      feed.expectEvent(eventId);
      await waitUntil(list, () => Boolean(document.getElementById(`note-${id}`)));
      goTo(document.getElementById(`note-${id}`));
    } catch (caught) {
      const problem = Problem.of(caught);
      if (problem.status === 404) toast(before ? "This note is deleted." : "This note can no longer be restored.");
      else toast(explain(problem, before ? "Not undone" : "Not restored"), { label: "Retry", run: undo });
    }
  };
  toast(words, { label: "Undo", run: undo });
}
