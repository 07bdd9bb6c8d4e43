/** Moves of notes within their part of the board: where to, in words, and sent. The feed brings the new place. */
import { waitUntil } from "../../feed/confirmation.js";
import { announce, toast } from "../../lib/page_events.js";
import { cardsIn } from "../layout/note_chunks.js";
import { nameOf, noteOf } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";

/** @typedef {{before: HTMLElement|null, after: HTMLElement|null}} Gap the cards around a place; null where there is none */

/** The cards that are shown in a card's part of the board, in order. @param {Element} list @param {HTMLElement} card */
export function partOf(list, card) {
  const { pinned, done } = noteOf(card);
  return cardsIn(list).filter((other) => {
    const note = noteOf(other);
    return !other.hidden && !note.archived_at && note.done === done && (done || note.pinned === pinned);
  });
}

/** Where a card is. @param {HTMLElement[]} part @param {HTMLElement} card @returns {Gap} */
export function gapOf(part, card) {
  const index = part.indexOf(card);
  return { before: part[index - 1] ?? null, after: part[index + 1] ?? null };
}

/** A place among the other cards. @param {HTMLElement[]} others @param {number} index from 0 @returns {Gap} */
export const gapAt = (others, index) => ({ before: others[index - 1] ?? null, after: others[index] ?? null });

/** Why a card cannot be moved; "" if it can. @param {HTMLElement} list @param {HTMLElement} card */
export function obstacle(list, card) {
  if (noteOf(card).done) return "Done notes stay in the order in which they were ticked off.";
  if (noteOf(card).archived_at) return "Notes in the archive have no place on the board.";
  const sort = list.dataset.sort ?? "board";
  return sort === "board" ? "" : "The board is sorted. To move notes, choose “By hand”.";
}

/**
 * Send a move, and return once it shows here, or has failed.
 * @param {HTMLElement} list @param {HTMLElement} card @param {Gap} gap @param {ExpectingFeed} feed
 * @param {boolean} offersUndo say it in a message with a way back, not by voice alone
 */
export async function move(list, card, gap, feed, offersUndo) {
  const part = partOf(list, card);
  const former = gapOf(part, card);
  const others = part.filter((other) => other !== card);
  const place = gap.after ? others.indexOf(gap.after) + 1 : part.length;
  const where = gap.after ? `before “${nameOf(noteOf(gap.after))}”` : "to the end";
  const said = `Moved ${where}, ${place} of ${part.length}.`;
  let version = 0; // of the moved note; 0: the move was refused
  /** @param {Note} note */
  const saved = (note) => {
    version = note.version;
    const undo = () => card.isConnected && move(list, card, former, feed, false);
    if (offersUndo) toast(said, { label: "Undo", run: undo });
    else announce(said);
  };
  await saving(card, feed, () => change("POST", `/${noteOf(card).id}/move`, bodyOf(gap)), { saved });
  if (feed.state === "live") await waitUntil(card, () => noteOf(card).version >= version || !card.isConnected);
}

/** @param {Gap} gap */
function bodyOf({ before, after }) {
  return { ...(before && { after_id: noteOf(before).id }), ...(after && { before_id: noteOf(after).id }) };
}
