/** The conversation: events and pages go in. It inserts nothing by itself. */
import { ask } from "./api.js";
import { persist } from "./persist.js";

const NEWEST = "9223372036854775807"; // before this id is everything
const MOST = 600; // messages on the page while one follows the newest; more are let go of
const KEPT = 300;
const FEW = 50;

/**
 * @param {import("./message_list.js").MessageList} messages @param {import("./log_scroll.js").LogScroll} scroll
 * @param {ExpectingFeed} feed @param {HTMLElement} empty what stands there when nothing was said
 */
export function start(messages, scroll, feed, empty) {
  const over = new AbortController();
  const heard = { signal: over.signal };
  const { element, roomId } = messages;
  let loading = new AbortController();

  const showEmpty = () => (empty.hidden = messages.items.length > 0 || !messages.whole);
  /** @param {FeedEventMap["change"]} event */
  const hear = ({ detail: { action, message } }) => {
    if (message?.room_id !== roomId) return;
    scroll.keeping(() => {
      if (action === "delete") messages.remove(message);
      else messages.put(message, true);
    });
    if (scroll.atEnd && messages.items.length > MOST) messages.trim(KEPT);
    showEmpty();
  };
  const reload = async () => {
    loading.abort();
    loading = new AbortController();
    const signal = AbortSignal.any([loading.signal, over.signal]);
    const limit = Math.min(Math.max(messages.items.length, FEW), MOST);
    element.setAttribute("aria-busy", "true");
    const work = async () => {
      const { found, whole } = await page(roomId, NEWEST, limit, signal);
      scroll.keeping(() => messages.replace(found, whole));
    };
    if (!(await persist(work, feed, signal))) return;
    element.removeAttribute("aria-busy");
    showEmpty();
  };

  feed.addEventListener("change", hear, heard);
  feed.addEventListener("reset", reload, heard);
  return () => over.abort();
}

/**
 * The messages before one, oldest first.
 * @param {number} roomId @param {number|string} before an id @param {number} limit @param {AbortSignal} signal
 * @returns {Promise<{found: Message[], whole: boolean}>} whole: there are none before these
 */
export async function page(roomId, before, limit, signal) {
  const { value, response } = await ask(`/rooms/${roomId}/messages?before_id=${before}&limit=${limit}`, { signal });
  return { found: value, whole: !(response.headers.get("Link") ?? "").includes('rel="prev"') };
}
