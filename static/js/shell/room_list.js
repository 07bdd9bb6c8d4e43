/** The lists of rooms and conversations: new ones are inserted in order, renamed, moved to the archive, and removed. */
import { ask, pages } from "../lib/api.js";
import { address, clone, find } from "../lib/elements.js";
import { place, remove, removeAll } from "../lib/focus.js";
import { emit } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { showName } from "./user_names.js";

const LOBBY = 1;

/** @param {HTMLElement} element @param {number} me 0 for anonymous @param {ExpectingFeed} feed */
export function start(element, me, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const own = element.querySelector("#conversations");
  const lists = { room: find(element, "#rooms"), direct: own, private: own };
  const none = element.querySelector(".rooms-none");
  /** @type {HTMLElement|null} */ const archive = document.querySelector("#archived-rooms"); // on the page of the rooms
  const showArchive = () => archive?.closest("section")?.toggleAttribute("hidden", !archive.children.length);

  /** @param {number} id @returns {HTMLElement|null} */
  const item = (id) => document.querySelector(`.room[data-room="${id}"]`);
  /** @param {Room} room */
  const put = (room) => {
    const list = room.archived ? archive : lists[room.kind];
    const known = item(room.id);
    if (!list) return remove(known);
    if (known && room.kind !== "room") return;
    const shown = known ?? itemFor(room, me);
    if (room.kind === "room") fill(shown, room);
    place(list, shown, comesBefore);
    showArchive();
    if (room.kind === "direct") none?.setAttribute("hidden", "");
    if (room.kind === "private") own?.querySelector(".assistant-door")?.remove();
  };
  /** @param {User} user */
  const reorder = ({ id }) => {
    const name = own?.querySelector(`[data-kind="direct"] [data-who="${id}"]`);
    /** @type {HTMLElement|null|undefined} */ const moved = name?.closest(".room");
    if (own && moved) place(own, moved, comesBefore);
  };
  const fetchAll = async () => {
    const found = [];
    for await (const page of pages(`/rooms${me ? `?person_id=${me}` : ""}`, signal)) found.push(...page);
    removeAll(lists.room);
    archive?.replaceChildren();
    for (const room of own?.querySelectorAll(".room") ?? []) room.remove();
    found.forEach(put);
    emit(document, "rooms:listed");
  };
  const load = () => retryUntilDone(fetchAll, feed, signal);
  /** A membership says which room, and no more. @param {number} id */
  const fetchOne = async (id) => {
    const { value } = await ask(`/rooms/${id}`, { signal }).catch(() => ({ value: null })); // it may be gone again
    if (value) put(value);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, room, room_membership, user } }) => {
    const changed = room ?? room_membership;
    if (changed && action === "delete") {
      remove(item("id" in changed ? changed.id : changed.room_id));
      showArchive();
    } else if (room) put(room);
    else if (room_membership) fetchOne(room_membership.room_id);
    if (user) reorder(user);
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  return () => controller.abort();
}

/** @param {Room} room @param {number} me */
function itemFor(room, me) {
  const item = clone("room-link");
  const other = room.people.find(({ id }) => id !== me) ?? room.people[0];
  item.dataset.room = String(room.id);
  item.dataset.kind = room.kind;
  const link = find(item, "a", HTMLAnchorElement);
  address(link, "href", room.id);
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
  const name = find(item, ".room-name");
  if (room.kind === "direct") showName(name, other);
  else if (room.kind === "private") name.textContent = "Assistant";
  return item;
}

/** What can change. @param {HTMLElement} item @param {Room} room */
function fill(item, { name, closed }) {
  const words = find(item, ".room-name");
  if (words.textContent !== name) words.textContent = name;
  item.toggleAttribute("data-closed", closed);
}

/** The lobby and the assistant first, then by name. @param {HTMLElement} one @param {HTMLElement} other */
function comesBefore(one, other) {
  if (one.dataset.kind === "private") return true;
  if (Number(other.dataset.room) === LOBBY || other.matches("[data-kind=private], .assistant-door")) return false;
  const [name, otherName] = [one, other].map((item) => find(item, ".room-name").textContent.toLowerCase());
  return name < otherName;
}
