/**
 * Loads further messages on scrolling: older ones above, and newer ones below where those were removed.
 * Screen readers do not announce them.
 */
import { find } from "../lib/elements.js";
import { page } from "./message_pages.js";

const PAGE = 100; // messages
const AHEAD = 1_000; // pixels from either end at which further messages are fetched
const MOST = 1_500; // messages shown at once; beyond, distant ones are removed
const QUIET_MS = 1_000; // screen readers check for insertions a moment later

/**
 * @param {HTMLElement} element the place above the oldest message
 * @param {import("./message_window.js").MessageWindow} messages @param {import("./scroll_position.js").LogScroll} scroll
 * @param {ExpectingFeed} feed
 */
export function start(element, messages, scroll, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const { log } = scroll;
  const link = find(element, "a", HTMLAnchorElement);
  const state = find(element, ".older-state");
  let busy = false;
  let timer = 0;

  /** @param {"more"|"whole"|"loading"|"failed"} name @param {string} words */
  const showState = (name, words = "") => {
    element.dataset.state = name;
    state.textContent = words;
  };
  const show = () => {
    if (messages.oldest) link.search = `?before_id=${messages.oldest.id}`;
    showState(messages.whole ? "whole" : "more");
  };
  /** @param {() => Promise<void>} work */
  const alone = async (work) => {
    if (busy) return;
    busy = true;
    try {
      await work();
      show();
      requestAnimationFrame(loadIfNear);
    } catch {
      showState("failed", "These messages could not be loaded.");
    } finally {
      busy = false;
    }
  };
  const older = async () => {
    const { oldest } = messages;
    if (!oldest) return;
    showState("loading", "Loading older messages…");
    const { found, last } = await page(messages.roomId, { before: oldest.id }, PAGE, signal);
    if (messages.oldest?.id !== oldest.id) return; // there would be a gap
    quietly(() => {
      messages.prepend(found, last);
      if (scroll.below > AHEAD) messages.trim("newest", MOST);
    });
  };
  const newer = async () => {
    const { newest } = messages;
    if (!newest) return;
    const { found, last } = await page(messages.roomId, { after: newest.id }, PAGE, signal);
    if (messages.newest?.id !== newest.id || !messages.detached) return;
    quietly(() => {
      messages.append(found, last);
      messages.trim("oldest", MOST);
    });
  };
  /** @param {() => void} change */
  const quietly = (change) => {
    log.ariaLive = "off";
    scroll.keeping(change);
    clearTimeout(timer);
    timer = setTimeout(() => (log.ariaLive = "polite"), QUIET_MS);
  };
  /** After a failure, the user asks again. */
  const loadIfNear = () => {
    if (element.dataset.state === "failed") return;
    if (messages.detached && scroll.below < AHEAD) alone(newer);
    else if (!messages.whole && scroll.above < AHEAD) alone(older);
  };
  const again = () => {
    if (feed.state !== "live") return;
    if (!busy) show();
    loadIfNear();
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    event.preventDefault();
    alone(older);
  };

  link.addEventListener("click", click, { signal });
  // An intersection observer would fire less often, but some browsers miss changes while messages get their size.
  log.addEventListener("scroll", loadIfNear, { signal, passive: true });
  addEventListener("resize", loadIfNear, { signal });
  messages.element.addEventListener("messages:loaded", () => busy || show(), { signal });
  feed.addEventListener("state", again, { signal });
  show();
  loadIfNear();
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
