/** Loads the rest of a long board, and the whole board after a reset. */
import { notesPath } from "../boards/current_board.js";
import { pages } from "../lib/api.js";
import { retryUntilDone } from "../lib/retry.js";
import { cardFor } from "./note_card.js";
import { chosen } from "./note_filter.js";

const TURN_MS = 8; // half a frame: a phone four times slower still answers to a finger
const AT_ONCE = 250; // cards

/**
 * @param {import("./note_list.js").NoteList} board @param {HTMLElement} element @param {ExpectingFeed} feed
 * @param {{forget: boolean, signal: AbortSignal}} how forget: what is on the board may be of another epoch
 */
export async function load(board, element, feed, { forget, signal }) {
  const dropOthers = forget ? board.markStale() : () => {};
  board.list.setAttribute("aria-busy", "true");
  const done = await retryUntilDone(() => all(board, signal), feed, signal);
  if (!done) return;
  dropOthers();
  board.list.removeAttribute("aria-busy");
  element.dispatchEvent(new CustomEvent("board:loaded"));
}

/**
 * Cards are created in idle time, outside the document, and inserted in batches: each insertion lays out the whole board.
 * @param {import("./note_list.js").NoteList} board @param {AbortSignal} signal
 */
async function all(board, signal) {
  for await (const page of pages(notesPath + (chosen.size ? `?${chosen}` : ""), signal)) {
    const made = await make(
      page.filter(({ id }) => !board.has(id)),
      signal,
    );
    for (let from = 0; from < page.length; from += AT_ONCE) {
      await idle();
      signal.throwIfAborted();
      for (const note of page.slice(from, from + AT_ONCE)) board.put(note, false, made.get(note.id));
    }
  }
}

/** @param {Note[]} notes @param {AbortSignal} signal @returns {Promise<Map<number, HTMLElement>>} by id */
async function make(notes, signal) {
  const made = new Map();
  let until = 0;
  for (const note of notes) {
    if (performance.now() > until) {
      await idle();
      signal.throwIfAborted();
      until = performance.now() + TURN_MS;
    }
    made.set(note.id, cardFor(note));
  }
  return made;
}

const idle = () =>
  new Promise((go) => {
    if ("requestIdleCallback" in window) requestIdleCallback(go, { timeout: 200 });
    else setTimeout(go); // Safari
  });
