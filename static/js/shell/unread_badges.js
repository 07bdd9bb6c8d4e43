/** Unread counts beside the rooms' names, in the bar, and in the window's title. */
import { find } from "../lib/elements.js";
import { countInTitle } from "./page_title.js";

const MOST = 99; // what a badge has room for

/** @param {HTMLElement} place the rooms' place in the bar */
export function start(place) {
  const controller = new AbortController();
  /** @param {ParentNode} parent @param {number} count */
  const show = (parent, count) => {
    const badge = find(parent, ".badge");
    const [number, text] = [find(badge, ".badge-count"), count > MOST ? `${MOST}+` : String(count)];
    // Each message of an open room counts up and is read at once: what stays the same must cost no layout.
    if (number.textContent !== text) number.textContent = text;
    if (badge.hidden === count > 0) badge.hidden = !count;
  };
  /** @param {PageEvents["unread"]} event */
  const onUnread = ({ detail: counts }) => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    show(place, total);
    countInTitle("messages", total);
    /** @type {NodeListOf<HTMLElement>} */ const rooms = document.querySelectorAll(".rooms > .room");
    for (const room of rooms) show(room, counts.get(Number(room.dataset.room)) ?? 0);
  };
  countInTitle("messages", Number.parseInt(find(place, ".badge-count").textContent, 10) || 0); // as the server counts
  document.addEventListener("unread", onUnread, { signal: controller.signal });
  return () => controller.abort();
}
