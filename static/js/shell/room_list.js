/**
 * The lists of rooms and conversations, by newest activity: new ones are inserted, and those with a new message move up; they
 * are renamed, moved to the archive, and removed.
 */
import { ask, pages } from "../lib/api.js";
import { address, clone, find } from "../lib/elements.js";
import { place, remove, removeAll } from "../lib/focus.js";
import { emit } from "../lib/page_events.js";
import { retryUntilDone, untilUnchanged } from "../lib/retry.js";
import * as roomFilter from "./room_filter.js";
import { showName } from "./user_names.js";

/** @typedef {Room & Partial<MyRoomOut>} ListedRoom an event has no activity, because it is the same for everybody */

const LOBBY = 1;
const NEW_MS = 60_000; // an older room of an event has been restored or opened for everybody, and may have messages

/** @param {HTMLElement} element @param {number} me 0 for anonymous @param {ExpectingFeed} feed */
export function start(element, me, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  let changes = 0; // of rooms and memberships; not of messages
  const newest = () => changes;
  const own = element.querySelector("#conversations");
  const lists = { room: find(element, "#rooms"), direct: own, private: own, note: element.querySelector("#threads") };
  const none = element.querySelector(".rooms-none");
  /** @type {HTMLElement|null} */ const archive = document.querySelector("#archived-rooms"); // on the page of the rooms
  const showArchive = () => archive?.closest("section")?.toggleAttribute("hidden", !archive.children.length);

  /** @param {number} id @returns {HTMLElement|null} */
  const item = (id) => document.querySelector(`.room[data-room="${id}"]`);
  /** @param {ListedRoom} room */
  const put = (room) => {
    const list = room.archived ? archive : lists[room.kind];
    const known = item(room.id);
    if (!list) return remove(known);
    const shown = known ?? itemFor(room, me);
    if (room.kind === "room" || room.kind === "note") fill(shown, room);
    if (room.last_activity_at) shown.dataset.activity = room.last_activity_at;
    place(list, shown, comesBefore);
    showArchive();
    if (room.kind === "direct") none?.setAttribute("hidden", "");
    if (room.kind === "direct" && !known) loadOnline();
    if (room.kind === "private") own?.querySelector(".assistant-door")?.remove();
  };
  /** What was the newest message may be deleted: then the server knows the one before. @param {Message} message @param {FeedAction} action */
  const move = ({ room_id, date }, action) => {
    const shown = item(room_id);
    if (!shown?.parentElement || action === "update") return;
    const later = Date.parse(date) - activity(shown);
    if (action === "delete" && later >= 0) fetchOne(room_id);
    if (action !== "create" || later <= 0) return;
    shown.dataset.activity = date;
    place(shown.parentElement, shown, comesBefore);
  };
  const fetchAll = async () => {
    const found = [];
    for await (const page of pages(`/rooms${me ? `?person_id=${me}` : ""}`, signal)) found.push(...page);
    return found;
  };
  const loadNow = async () => {
    const found = await untilUnchanged(fetchAll, newest);
    removeAll(lists.room);
    archive?.replaceChildren();
    for (const room of own?.querySelectorAll(".room") ?? []) room.remove();
    lists.note?.replaceChildren();
    found.forEach(put);
    emit(document, "rooms:listed");
  };
  const load = () => retryUntilDone(loadNow, feed, signal);
  /** @param {number} id @param {boolean} online */
  const showOnline = (id, online) => {
    for (const avatar of own?.querySelectorAll(`.avatar[data-who="${id}"]`) ?? []) {
      avatar.closest(".room")?.toggleAttribute("data-online", online && id !== me);
    }
  };
  /** Events of who is online are not repeated: what came before the connection is asked for. */
  const fetchOnline = async () => {
    if (!me || !own?.querySelector("[data-kind=direct]")) return;
    /** @type {number[]} */ const ids = (await ask(`/me/online?person_id=${me}`, { signal })).value;
    for (const room of own.querySelectorAll("[data-online]")) room.removeAttribute("data-online");
    for (const id of ids) showOnline(id, true);
  };
  const loadOnline = () => feed.state === "live" && retryUntilDone(fetchOnline, feed, signal);
  /** A membership says which room, and no more. @param {number} id */
  const fetchOne = async (id) => {
    const request = () => ask(`/rooms/${id}`, { signal }).catch(() => ({ value: null })); // it may be gone again
    const { value } = await untilUnchanged(request, newest);
    if (value) put(value);
  };
  /** A thread is listed for those who follow it. @param {Unread} unread @param {FeedAction} action */
  const follow = ({ room_id, count, level }, action) => {
    const shown = item(room_id);
    if (action === "delete" || level !== "everything") remove(shown);
    else if (!shown) fetchOne(room_id);
    else if (count && shown.parentElement) {
      shown.dataset.activity = new Date().toISOString();
      place(shown.parentElement, shown, comesBefore);
    }
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { topic, action, room, room_membership, message, unread, online } }) => {
    if (online) showOnline(online.user_id, online.online);
    if (room || room_membership || unread?.note_id) changes += 1;
    if (unread?.note_id && topic === `user:${me}`) follow(unread, action);
    if (room?.kind === "note" && action !== "delete") {
      // Who follows a thread is told so by what is unread there, and here that it is called otherwise; no event has the name.
      if (topic === `user:${me}` && item(room.id)) fetchOne(room.id);
      return;
    }
    const changed = room ?? room_membership;
    if (changed && action === "delete") {
      remove(item("id" in changed ? changed.id : changed.room_id));
      showArchive();
    } else if (room && !item(room.id) && Date.parse(room.created_at) < Date.now() - NEW_MS) fetchOne(room.id);
    else if (room) put(room);
    else if (room_membership) fetchOne(room_membership.room_id);
    if (message) move(message, action);
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  feed.addEventListener("state", loadOnline, { signal });
  loadOnline();
  document.addEventListener("server-role:changed", load, { signal });
  const stopFilter = roomFilter.start(element);
  return () => {
    controller.abort();
    stopFilter();
  };
}

/** @param {Room} room @param {number} me */
function itemFor(room, me) {
  const item = clone("room-link");
  item.dataset.room = String(room.id);
  item.dataset.kind = room.kind;
  item.dataset.activity = room.created_at;
  const link = find(item, "a", HTMLAnchorElement);
  address(link, "href", room.id);
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
  const [name, avatar] = [find(item, ".room-name"), find(item, ".avatar")];
  const other = room.people.find(({ id }) => id !== me) ?? room.people[0];
  if (room.kind === "direct") for (const place of [name, avatar]) showName(place, other);
  else avatar.remove();
  if (room.kind === "private") name.textContent = "Assistant";
  return item;
}

/** What can change. @param {HTMLElement} item @param {Pick<Room, "name"|"closed">} room */
function fill(item, { name, closed }) {
  const words = find(item, ".room-name");
  if (words.textContent !== name) words.textContent = name;
  item.toggleAttribute("data-closed", closed);
}

/** When its newest message was sent, or it was created: milliseconds. @param {HTMLElement} item */
const activity = ({ dataset }) => Date.parse(dataset.activity ?? "");

/** The lobby and the assistant first, then by newest activity. @param {HTMLElement} one @param {HTMLElement} other */
function comesBefore(one, other) {
  const [id, otherId] = [one, other].map(({ dataset }) => Number(dataset.room));
  if (one.dataset.kind === "private" || id === LOBBY) return true;
  if (otherId === LOBBY || other.matches("[data-kind=private], .assistant-door")) return false;
  return (activity(one) - activity(other) || id - otherId) > 0;
}
