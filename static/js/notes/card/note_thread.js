/**
 * What is said about a note: its card leads to the thread, says how many messages that has, and whether some are unread.
 *
 * 1. Messages make no new version of a note, so its list leaves out their events; here they are shown. 2. The events are the same for
 * everybody. What the viewer has read comes with the page, and then with the events of their own topic.
 */
import { boardId } from "../../boards/current_board.js";
import { ask } from "../../lib/api.js";
import { address, find } from "../../lib/elements.js";
import { retryUntilDone } from "../../lib/retry.js";
import { viewer } from "../../shell/viewer.js";
import { cardsIn } from "../layout/note_chunks.js";

/** @param {HTMLElement} card @param {Note} note an event of an earlier version lacks it */
export function showThread(card, { thread = null }) {
  const link = find(card, ".thread-link", HTMLAnchorElement);
  link.hidden = !thread?.message_count;
  if (!thread) return;
  address(link, "href", thread.room_id);
  link.dataset.last = String(thread.last_message_id ?? 0);
  const count = find(link, ".thread-count");
  if (count.textContent !== String(thread.message_count)) count.textContent = String(thread.message_count);
}

/** @param {HTMLElement} element the page's main @param {HTMLElement} list @param {ExpectingFeed} feed */
export function start(element, list, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const { unreadThreads = "", newestMessage } = element.dataset;
  /** @type {Map<number, number>} the newest message that the viewer has read, by note */ const read = new Map();
  /** Of the other notes: what was said when the page was made is read. */ const newest = Number(newestMessage);
  let isReset = false;
  for (const pair of unreadThreads.split(" ").filter(Boolean)) {
    const [note, last] = pair.split(":").map(Number);
    read.set(note, last);
  }

  /** @param {number} id @returns {HTMLElement|null} */
  const cardOf = (id) => document.getElementById(`note-${id}`);
  /** @param {HTMLElement} card */
  const last = (card) => Number(find(card, ".thread-link").dataset.last);
  /** @param {HTMLElement|null} card @param {number} id */
  const mark = (card, id) => card?.toggleAttribute("data-thread-unread", last(card) > (read.get(id) ?? newest));
  const markAll = () => {
    for (const card of cardsIn(list)) mark(card, Number(card.dataset.id));
  };
  const load = () => retryUntilDone(fetchAll, feed, signal);
  const fetchAll = async () => {
    const { value } = await ask(`/users/${viewer}/unread?board_id=${boardId}`, { signal });
    const unread = new Map(value.map((/** @type {Unread} */ { note_id, last_read_id }) => [note_id, last_read_id]));
    for (const card of cardsIn(list)) {
      const id = Number(card.dataset.id);
      read.set(id, unread.get(id) ?? last(card));
    }
    markAll();
  };
  /** Cards that have just come are not marked yet; after a reset it is not known what is read of them. */
  const onLoaded = () => (isReset ? load() : markAll());
  const onReset = () => {
    isReset = true;
    load();
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { topic, action, note, unread } }) => {
    if (unread?.note_id && topic === `user:${viewer}`) {
      read.set(unread.note_id, unread.last_read_id);
      mark(cardOf(unread.note_id), unread.note_id);
    }
    if (!note || action === "delete") return;
    const card = cardOf(note.id);
    if (card) showThread(card, note);
    if (!viewer) return;
    mark(card, note.id);
    if (action === "create" && note.thread?.message_count) load(); // restored, or moved here: it may have been read
  };

  feed.addEventListener("change", onChange, { signal });
  if (viewer) {
    feed.addEventListener("reset", onReset, { signal });
    element.addEventListener("board:loaded", onLoaded, { signal });
  }
  return () => controller.abort();
}
