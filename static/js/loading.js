/** Fetching the whole board: the rest of a long one, and all of it after a reset. */
import { pages } from "./api.js";
import { Backoff } from "./backoff.js";

const CHUNK = 40; // cards a turn: well inside one frame on a slow phone

/**
 * @param {import("./board.js").Board} board @param {HTMLElement} element @param {import("./feed.js").Feed} feed
 * @param {{forget: boolean, signal: AbortSignal}} how forget: what is on the board may be of another epoch
 */
export async function load(board, element, feed, { forget, signal }) {
  const dropOthers = forget ? board.doubt() : () => {};
  const backoff = new Backoff();
  board.list.setAttribute("aria-busy", "true");
  while (!signal.aborted) {
    try {
      await all(board, signal);
      dropOthers();
      board.list.removeAttribute("aria-busy");
      element.dispatchEvent(new CustomEvent("board:loaded"));
      return;
    } catch {
      await pause(backoff.next(), feed, signal);
    }
  }
}

async function all(board, signal) {
  for await (const page of pages(signal)) {
    for (let from = 0; from < page.length; from += CHUNK) {
      await idle();
      signal.throwIfAborted();
      for (const note of page.slice(from, from + CHUNK)) board.put(note, false);
    }
  }
}

const idle = () => new Promise((go) => (window.requestIdleCallback ?? setTimeout)(go, { timeout: 200 }));

/** Until the time is over or the feed says that something may have changed. */
function pause(ms, feed, signal) {
  return new Promise((go) => {
    const timer = setTimeout(go, ms);
    for (const [target, name] of [[feed, "state"], [signal, "abort"]]) {
      target.addEventListener(name, () => { clearTimeout(timer); go(); }, { once: true });
    }
  });
}
