/** The conversation: applies events and the newest page. It inserts nothing by itself. */
import { retryUntilDone } from "../lib/retry.js";
import { page } from "./message_pages.js";

const MOST = 150; // messages on the page while it shows the newest: each of them costs every new one 40 µs
const KEPT = 75;
const FEW = 50;

/**
 * @param {import("./message_window.js").MessageWindow} messages @param {import("./scroll_position.js").LogScroll} scroll
 * @param {ExpectingFeed} feed @param {HTMLElement} empty shown in a room without messages
 */
export function start(messages, scroll, feed, empty) {
  const controller = new AbortController();
  const { signal } = controller;
  const { element, roomId } = messages;
  let loading = new AbortController();

  const showEmpty = () => (empty.hidden = messages.items.length > 0 || !messages.whole);
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, message } }) => {
    if (message?.room_id !== roomId) return;
    scroll.keepingSoon(() => {
      if (action === "delete") messages.remove(message);
      else messages.put(message, true);
    });
    if (scroll.atEnd && messages.items.length > MOST) messages.trim("oldest", KEPT);
    showEmpty();
  };
  /** @param {number} limit messages @returns {Promise<boolean>} false when another one took its place */
  const load = async (limit) => {
    loading.abort();
    loading = new AbortController();
    const signal = AbortSignal.any([loading.signal, controller.signal]);
    element.setAttribute("aria-busy", "true");
    messages.markStale();
    const work = async () => {
      const { found, last } = await page(roomId, "newest", limit, signal);
      scroll.keeping(() => messages.replace(found, last));
    };
    const done = await retryUntilDone(work, feed, signal);
    if (!done) return false;
    element.removeAttribute("aria-busy");
    showEmpty();
    return true;
  };
  const reload = () => load(Math.min(Math.max(messages.items.length, FEW), MOST));
  const toNewest = async () => (await load(FEW)) && scroll.toEnd();

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", reload, { signal });
  scroll.log.addEventListener("log:newest", toNewest, { signal });
  return () => controller.abort();
}
