/** The page of one note: the card of the board, whole. */
import { notesPath } from "../boards/current_board.js";
import { ask, Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { emit } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import * as shortcuts from "../shell/shortcuts.js";
import * as doneTasksLast from "./done_tasks_last.js";
import * as noteHistory from "./history/note_history.js";
import { noteKeys } from "./note_keys.js";
import { cardsIn } from "./layout/note_chunks.js";
import { NoteList } from "./note_list.js";
import { startCards } from "./card/card_modules.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notes");
  doneTasksLast.start(list, null);
  noteHistory.start(find(element, "#history"), Number(element.dataset.noteId), feed);
  startCards(element, list, feed, () => follow(element, list, feed));
  // There is no composer, and no other card.
  const { n: _, ArrowRight: _right, ArrowLeft: _left, ArrowDown: _down, ArrowUp: _up, ...keys } = noteKeys(list);
  shortcuts.start(find(document, "#shortcuts", HTMLDialogElement), keys);
}

/** Keep the note as it is on the server. @param {HTMLElement} element @param {HTMLElement} list @param {ExpectingFeed} feed */
function follow(element, list, feed) {
  const notes = new NoteList(list);
  const id = Number(element.dataset.noteId);
  const gone = find(element, "#note-gone");
  const { signal } = new AbortController();

  const showGone = () => {
    gone.hidden = cardsIn(list).length > 0;
  };
  /** @param {Note} note */
  const put = (note) => {
    notes.put(note, true);
    for (const card of cardsIn(list)) card.toggleAttribute("data-unfolded", true);
    showGone();
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, note } }) => {
    if (note?.id !== id) return;
    if (action === "delete") notes.remove(note);
    else put(note);
  };
  const load = async () => {
    const removeOthers = notes.markStale();
    try {
      put((await ask(`${notesPath}/${id}`, { signal })).value);
    } catch (caught) {
      if (Problem.of(caught).status !== 404) throw caught;
    }
    removeOthers();
  };

  list.addEventListener("note:deleted", showGone);
  element.addEventListener("editor:closed", ({ target }) => notes.settle(target));
  feed.addEventListener("change", onChange);
  feed.addEventListener("reset", () => retryUntilDone(load, feed, signal));
  queueMicrotask(() => emit(element, "board:loaded")); // once everybody listens
}
