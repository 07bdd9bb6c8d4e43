/** The notes board: events and lists go in, and what is done to a card goes out. It inserts nothing by itself. */
import { Board } from "./board.js";
import { load } from "./loading.js";

/**
 * @param {HTMLElement} element the page's main, with `ul.notes` in it
 * @param {import("./feed.js").Feed} feed
 * @returns {() => void} stop
 */
export function start(element, feed) {
  const board = new Board(element.querySelector("ul.notes"));
  const summary = element.querySelector("#summary");
  const total = Number(summary.dataset.open) + Number(summary.dataset.done);
  const over = new AbortController();
  let loading = new AbortController();

  const reload = (forget) => {
    loading.abort();
    loading = new AbortController();
    load(board, element, feed, { forget, signal: AbortSignal.any([loading.signal, over.signal]) });
  };
  const hear = ({ detail: { action, note } }) => {
    if (!note) return;
    if (action === "delete") board.remove(note);
    else board.put(note, true);
  };

  feed.addEventListener("change", hear, { signal: over.signal });
  feed.addEventListener("reset", () => reload(true), { signal: over.signal });
  element.addEventListener("editor:closed", ({ target }) => board.settle(target), { signal: over.signal });
  if (board.size < total) reload(false);
  else queueMicrotask(() => element.dispatchEvent(new CustomEvent("board:loaded"))); // once everybody listens
  return () => over.abort();
}
