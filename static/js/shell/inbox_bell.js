/** The bell in the bar: how many notifications are unread, the same on all screens. */
import { ask } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { announceNews } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { countInTitle } from "./page_title.js";

const MOST = 99; // what a badge has room for

/** @param {HTMLElement} bell @param {number} me 0 for anonymous @param {ExpectingFeed} feed */
export function start(bell, me, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  let unread = Number(bell.dataset.unread);

  /** @param {number} count */
  const show = (count) => {
    if (count > unread) announceNews(count === 1 ? "1 unread notification" : `${count} unread notifications`);
    unread = count;
    const badge = find(bell, ".badge");
    find(badge, ".badge-count").textContent = count > MOST ? `${MOST}+` : String(count);
    badge.hidden = !count;
    countInTitle("notifications", count);
  };
  const load = async () => show((await ask("/me/notifications?limit=1", { signal })).value.unread);

  countInTitle("notifications", unread);
  if (me) {
    feed.addEventListener(
      "change",
      ({ detail: { inbox, topic } }) => {
        if (inbox && topic === `user:${me}`) show(inbox.unread);
      },
      { signal },
    );
    feed.addEventListener("reset", () => retryUntilDone(load, feed, signal), { signal });
  }
  return () => controller.abort();
}
