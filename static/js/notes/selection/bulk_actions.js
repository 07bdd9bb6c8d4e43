/** Changes several notes at once, says so, and offers one way back. */
import { SAVED_OFFLINE, waitUntil } from "../../feed/confirmation.js";
import { explain, Problem } from "../../lib/api.js";
import { goTo } from "../../lib/list_keys.js";
import { announce, toast } from "../../lib/page_events.js";
import { nameOf, shownNote } from "../note_card.js";
import { changeSeveral } from "../note_requests.js";

/** @param {number} number */
export const notesOf = (number) => (number === 1 ? "1 note" : `${number} notes`);

/**
 * Send a change, or several that are one to the viewer; stops at the first that fails, and offers to go on.
 * @param {ExpectingFeed} feed @param {BulkWay[]} ways @param {string} failed what has not been done then
 * @param {(notes: Note[]) => void} done with the notes as they are then
 */
export async function run(feed, ways, failed, done, changed = /** @type {Note[]} */ ([])) {
  const [way, ...rest] = ways;
  if (!way) return done(changed);
  try {
    const { notes, eventId } = await changeSeveral(way);
    feed.expectEvent(eventId);
    if (!rest.length && feed.state !== "live") toast(SAVED_OFFLINE);
    await run(feed, rest, failed, done, [...changed, ...notes]);
  } catch (caught) {
    const problem = Problem.of(caught);
    const retry = { label: "Retry", run: () => run(feed, ways, failed, done, changed) };
    if (problem.status === 404) toast("These notes are no longer here.");
    else if (problem.note) toast(`${failed}: “${nameOf(problem.note)}” would have too many labels.`);
    else toast(explain(problem, failed), problem.status === 422 || problem.status === 403 ? undefined : retry);
  }
}

/**
 * Say what was done, and offer to take it back.
 * @param {HTMLElement} list @param {ExpectingFeed} feed @param {string} words
 * @param {() => BulkWay[]} waysBack made when they are needed
 */
export function offerWayBack(list, feed, words, waysBack) {
  const undo = () => {
    const ways = waysBack();
    const away = ways.flatMap(({ ids }) => ids).find((id) => !shownNote(id));
    run(feed, ways, "Not undone", async () => {
      announce("Undone.");
      if (!away) return;
      await waitUntil(list, () => Boolean(shownNote(away)));
      goTo(document.getElementById(`note-${away}`));
    });
  };
  toast(words, { label: "Undo", run: undo });
}
