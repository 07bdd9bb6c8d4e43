/** The page of all rooms: the list of those that were deleted and that the viewer can restore. */
import { ask } from "../../lib/api.js";
import { address, clone, find } from "../../lib/elements.js";
import { remove } from "../../lib/focus.js";
import { retryUntilDone } from "../../lib/retry.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = find(element, "#deleted-rooms");
  let loading = new AbortController();
  const items = () => /** @type {HTMLElement[]} */ ([...list.children]);

  const load = async () => {
    /** @type {Room[]} */ const rooms = (await ask("/rooms/trash", { signal: loading.signal })).value;
    const known = new Map(items().map((item) => [Number(item.dataset.room), item]));
    for (const [id, item] of known) if (!rooms.some((room) => room.id === id)) remove(item);
    for (const [index, room] of rooms.entries()) {
      const item = known.get(room.id) ?? itemFor(room);
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    }
    find(element, "section:has(#deleted-rooms)").hidden = !rooms.length;
  };
  /** An event does not say who can restore the room: the server is asked. */
  const loadAgain = () => {
    loading.abort();
    loading = new AbortController();
    retryUntilDone(load, feed, AbortSignal.any([signal, loading.signal]));
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, room, room_membership } }) => {
    const id = room?.id ?? room_membership?.room_id;
    const restored = action === "create" && items().some(({ dataset }) => Number(dataset.room) === id);
    if ((action === "delete" && id) || restored) loadAgain();
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", loadAgain, { signal });
  return () => controller.abort();
}

/** @param {Room} room */
function itemFor({ id, name }) {
  const item = clone("deleted-room");
  item.dataset.room = String(id);
  find(item, ".room-name").textContent = name;
  find(item, "button").ariaLabel = `Restore: ${name}`;
  address(find(item, "form"), "action", id);
  return item;
}
