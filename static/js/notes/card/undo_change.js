/** Takes back a change of a note, whose card may have left the page because of it, and goes to the card. */
import { waitUntil } from "../../feed/confirmation.js";
import { explain, Problem } from "../../lib/api.js";
import { goTo } from "../../lib/list_keys.js";
import { toast } from "../../lib/page_events.js";
import { changeOne } from "../note_requests.js";

/**
 * Say what was done, and offer to take it back.
 * @param {string} words @param {HTMLElement} list @param {ExpectingFeed} feed
 * @param {number} id of the note @param {BulkChange|(() => BulkChange)} back what takes it back
 */
export function offerUndo(words, list, feed, id, back) {
  const undo = async () => {
    const change = typeof back === "function" ? back() : back;
    try {
      const { eventId } = await changeOne(id, change);
      feed.expectEvent(eventId);
      await waitUntil(list, () => Boolean(document.getElementById(`note-${id}`)));
      goTo(document.getElementById(`note-${id}`));
    } catch (caught) {
      const problem = Problem.of(caught);
      const restores = "deleted" in change;
      if (problem.status === 404) toast(restores ? "This note can no longer be restored." : "This note is deleted.");
      else toast(explain(problem, restores ? "Not restored" : "Not undone"), { label: "Retry", run: undo });
    }
  };
  toast(words, { label: "Undo", run: undo });
}
