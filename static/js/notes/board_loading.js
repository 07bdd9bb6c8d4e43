/** Loads the rest of a long board, and the whole board after a reset. */
import { notesPath } from "../boards/current_board.js";
import { pages } from "../lib/api.js";
import { retryUntilDone } from "../lib/retry.js";
import { cardFor } from "./note_card.js";
import { chosen } from "./note_filter.js";

const TURN_MS = 4; // a quarter of a frame, of which the browser needs the rest to draw
const AT_ONCE = 50; // cards
const ACTIVE_MS = 300; // after somebody scrolled or typed, in which a frame has one turn

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
 * All notes in the order of the board, so that each goes to its end and moves no other. Cards are created outside the document,
 * and inserted in batches: each insertion lays out the whole board.
 * @param {import("./note_list.js").NoteList} board @param {AbortSignal} signal
 */
async function all(board, signal) {
  /** @type {Note[]} */ const notes = [];
  for await (const page of pages(notesPath + (chosen.size ? `?${chosen}` : ""), signal)) notes.push(...page);
  const controller = new AbortController();
  const nextTurn = turns(controller.signal);
  /** @type {Map<Note, HTMLElement|undefined>} */ const batch = new Map();
  try {
    for (const note of board.inOrder(notes)) {
      await nextTurn();
      signal.throwIfAborted();
      batch.set(note, board.has(note.id) ? undefined : cardFor(note));
      if (batch.size === AT_ONCE) insert(board, batch);
    }
    insert(board, batch);
  } finally {
    controller.abort();
  }
}

/** @param {import("./note_list.js").NoteList} board @param {Map<Note, HTMLElement|undefined>} batch is empty afterwards */
function insert(board, batch) {
  for (const [note, card] of batch) board.put(note, false, card);
  batch.clear();
}

/**
 * A function that waits for the next turn once this one is over, so that the browser draws and answers to the person between them. While
 * somebody scrolls or types, there is one turn between two frames; else as many as fit. The first call waits too.
 * @param {AbortSignal} signal @returns {() => Promise<void>}
 */
function turns(signal) {
  let end = 0;
  let active = Number.NEGATIVE_INFINITY;
  const act = () => {
    active = performance.now();
  };
  for (const name of ["scroll", "input"]) addEventListener(name, act, { signal, passive: true, capture: true });
  return async () => {
    const now = performance.now();
    if (now < end) return;
    await pause(now < active + ACTIVE_MS && !document.hidden); // a page in the background has no frames
    end = performance.now() + TURN_MS;
  };
}

/** Not in idle time: of that, a browser gives one turn in 50 ms. @param {boolean} isForFrame whether the next frame comes first */
async function pause(isForFrame) {
  if (isForFrame) await new Promise(requestAnimationFrame);
  await new Promise((go) => {
    if ("scheduler" in window) scheduler.postTask(() => go(null));
    else setTimeout(go); // Safari
  });
}
