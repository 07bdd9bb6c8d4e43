/**
 * Unread counts by room: those of the page, updated by the feed.
 *
 * 1. Messages that the page has counted are not counted again. 2. A room's own count, which arrives when it is read on
 * any screen, replaces ours. 3. A deleted message does not count, unless it was read.
 * Dispatches `unread` on the document (detail: counts by the room's id) when they change.
 */
import { isNewer } from "../feed/event_ids.js";
import { ask } from "../lib/api.js";
import { emit } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";

const READING_MS = 800; // within this time a user who sees the room has read it, and a phone's network has told so

/** @param {HTMLElement} element has the counts @param {number} me 0 for anonymous @param {ExpectingFeed} feed */
export function start(element, me, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const { unread = "", lastEventId = "" } = element.dataset;
  /** @type {Map<number, {count: number, read: number}>} by room */ let rooms = parse(unread);
  let timer = 0;

  const counts = () => new Map([...rooms].map(([id, { count }]) => [id, count]));
  let published = counts();

  const publish = () => {
    clearTimeout(timer);
    timer = 0;
    published = counts();
    emit(document, "unread", published);
  };
  const publishChanges = () => {
    const now = counts();
    const isChanged = now.size !== published.size || [...now].some(([id, count]) => published.get(id) !== count);
    clearTimeout(timer); // what it waited for is known; the next message has its own time
    timer = 0;
    if (isChanged) publish();
  };
  const publishSoon = () => {
    timer ||= setTimeout(publishChanges, READING_MS);
  };
  /** @param {number} id */
  const of = (id) => {
    const room = rooms.get(id) ?? { count: 0, read: 0 };
    rooms.set(id, room);
    return room;
  };
  /** @param {Unread} unread */
  const set = ({ room_id, count, last_read_id }) => rooms.set(room_id, { count, read: last_read_id });
  /** @param {Unread} unread */
  const replace = (unread) => {
    set(unread);
    publishChanges();
  };
  /** A thread counts for those who follow it. @param {Unread} unread @param {FeedAction} action */
  const isCounted = ({ note_id, level }, action) => action !== "delete" && (!note_id || level === "everything");
  /** @param {number} id */
  const forget = (id) => {
    if (rooms.delete(id)) publish();
  };
  /** @param {Message} message @param {FeedAction} action */
  const count = ({ id, room_id, note_id, author_id }, action) => {
    if (note_id) return; // the server says what is unread in a thread
    const room = of(room_id);
    if (author_id === me || id <= room.read || action === "update") return;
    room.count = Math.max(0, room.count + (action === "create" ? 1 : -1));
    publishSoon();
  };
  /** A conversation's events go to both of its people: those for the other are no news. @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { id, topic = "", action, message, unread } }) => {
    const mine = topic === `user:${me}`;
    if (!id || !isNewer(id, lastEventId)) return;
    if (unread && mine) isCounted(unread, action) ? replace(unread) : forget(unread.room_id);
    if (message && (mine || topic.startsWith("room:"))) count(message, action);
  };
  const fetchAll = async () => {
    const { value } = await ask(`/users/${me}/unread`, { signal });
    rooms = new Map();
    value.forEach(set);
    publish();
  };
  const load = () => retryUntilDone(fetchAll, feed, signal);

  if (me) {
    feed.addEventListener("change", onChange, { signal });
    feed.addEventListener("reset", load, { signal });
    document.addEventListener("server-role:changed", load, { signal });
    document.addEventListener("rooms:listed", publish, { signal }); // its rows are new
  }
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

/** @param {string} text "room:count:last read" for each room */
function parse(text) {
  const rooms = text.split(" ").filter(Boolean);
  const numbers = rooms.map((room) => room.split(":").map(Number));
  return new Map(numbers.map(([id, count, read]) => [id, { count, read }]));
}
