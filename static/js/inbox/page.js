/** The page of the notifications: fetched again after each change, read on opening. */
import { ask, explain, Problem, send } from "../lib/api.js";
import { around, clone, find } from "../lib/elements.js";
import { remove } from "../lib/focus.js";
import { toast } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { showMoment, toMilliseconds } from "../lib/time.js";
import { showName } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";

const MINUTE_MS = 60_000;
const { root = "" } = document.documentElement.dataset;

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#notifications");
  const empty = find(element, "#empty-inbox");
  const readAll = find(element, "#read-all-form");
  let loading = new AbortController();

  /** @param {NotificationsOut} inbox */
  const show = ({ unread, notifications }) => {
    const items = /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);
    const known = new Map([...items].map((item) => [item.dataset.id, item]));
    const shown = notifications.map((one) => fill(known.get(String(one.id)) ?? clone("notification"), one));
    for (const item of [...items]) if (!shown.includes(item)) remove(item);
    shown.forEach((item, index) => {
      if (items[index] !== item) list.insertBefore(item, items[index] ?? null);
    });
    find(readAll, "button", HTMLButtonElement).value = String(notifications[0]?.id ?? 0);
    readAll.hidden = !unread;
    empty.hidden = shown.length > 0;
  };
  const load = async () => show((await ask("/me/notifications", { signal: loading.signal })).value);
  const reload = () => {
    loading.abort();
    loading = new AbortController();
    retryUntilDone(load, feed, loading.signal);
  };
  /** @param {{ids?: number[], up_to_id?: number}} read @param {boolean} [leaving] */
  const markRead = async (read, leaving = false) => {
    try {
      const { eventId } = await send("POST", "/me/notifications/read", read, undefined, leaving);
      feed.expectEvent(eventId);
    } catch (caught) {
      toast(explain(Problem.of(caught), "Not marked as read"));
    }
  };

  const showTimes = () => {
    for (const time of list.querySelectorAll("time")) showMoment(time);
  };
  setInterval(showTimes, MINUTE_MS);
  showTimes();
  element.addEventListener("submit", (event) => {
    if (!(event.submitter instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const id = Number(event.submitter.value);
    markRead(event.submitter.name === "id" ? { ids: [id] } : { up_to_id: id });
  });
  list.addEventListener("click", (event) => {
    const item = around(event, ".notification-link") && around(event, ".notification");
    if (item && "unread" in item.dataset) markRead({ ids: [Number(item.dataset.id)] }, true);
  });
  if (!viewer || !("live" in list.dataset)) return;
  feed.addEventListener("change", ({ detail: { inbox, topic } }) => {
    if (inbox && topic === `user:${viewer}`) reload();
  });
  feed.addEventListener("reset", reload);
}

/** @param {HTMLElement} item @param {NotificationOut} one */
function fill(item, one) {
  item.dataset.id = String(one.id);
  item.dataset.kind = one.kind;
  item.toggleAttribute("data-unread", !one.read_at);
  if (one.actor) showName(find(item, ".notification-who"), one.actor);
  find(item, ".notification-guest").hidden = Boolean(one.actor);
  const more = find(item, ".notification-more");
  more.hidden = one.count < 2;
  more.textContent = `+${one.count - 1}`;
  find(item, ".notification-place").textContent = one.room ?? one.board ?? "";
  find(item, ".notification-text").textContent = one.text;
  const time = find(item, "time", HTMLTimeElement);
  time.dateTime = toMilliseconds(one.created_at);
  showMoment(time);
  find(item, ".notification-link", HTMLAnchorElement).href = `${root}/front/${address(one)}`;
  find(item, ".read-form button", HTMLButtonElement).value = String(one.id);
  return item;
}

/** @param {NotificationOut} one */
function address({ message_id, note_id, room_id, board_id }) {
  if (message_id) return `rooms/${room_id}/${message_id}`;
  if (note_id) return `boards/${board_id}/notes/${note_id}`;
  return room_id ? `rooms/${room_id}` : `boards/${board_id}/notes`;
}
