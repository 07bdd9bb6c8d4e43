/** The notes board: applies events and lists to the cards, and dispatches their changes. It inserts nothing by itself. */
import { find } from "../lib/elements.js";
import { emit } from "../lib/page_events.js";
import { firstSort } from "./order/note_sorting.js";
import { load } from "./board_loading.js";
import { matchesFilter } from "./note_filter.js";
import { NoteList } from "./note_list.js";

/**
 * @param {HTMLElement} element the page's main, with `#notes` in it
 * @param {ExpectingFeed} feed
 * @returns {() => void} stop
 */
export function start(element, feed) {
  const board = new NoteList(find(element, "#notes"), firstSort(element), matchesFilter);
  const { open, done } = find(element, "#summary").dataset;
  const controller = new AbortController();
  const { signal } = controller;
  let loading = new AbortController();

  /** @param {boolean} forget */
  const reload = (forget) => {
    loading.abort();
    loading = new AbortController();
    load(board, element, feed, { forget, signal: AbortSignal.any([loading.signal, signal]) });
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, note } }) => {
    if (!note) return;
    if (action === "delete") board.remove(note);
    else board.put(note, true);
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", () => reload(true), { signal });
  element.addEventListener("notes:sorted", ({ detail }) => board.sortBy(detail), { signal });
  element.addEventListener("editor:closed", ({ target }) => board.settle(target), { signal });
  if (board.size < Number(open) + Number(done)) reload(false);
  else queueMicrotask(() => emit(element, "board:loaded")); // once everybody listens
  return () => controller.abort();
}
