/** Older messages come as one scrolls up to them. What was said in the past is not read out. */
import { page } from "./conversation.js";
import { find } from "./elements.js";

const PAGE = 100; // messages
const AHEAD = 1_000; // pixels: this near to the oldest one shown they are fetched
const QUIET_MS = 1_000; // a screen reader looks at what was put in a moment later

/**
 * @param {HTMLElement} element what stands above the oldest message
 * @param {import("./message_list.js").MessageList} messages @param {import("./log_scroll.js").LogScroll} scroll
 * @param {ExpectingFeed} feed
 */
export function start(element, messages, scroll, feed) {
  const over = new AbortController();
  const heard = { signal: over.signal };
  const { log } = scroll;
  const link = find(element, "a", HTMLAnchorElement);
  const state = find(element, ".older-state");
  let busy = false;
  let timer = 0;

  const show = () => {
    const { oldest, whole } = messages;
    element.dataset.state = whole ? "whole" : "more";
    if (oldest) link.search = `?before_id=${oldest.id}`;
  };
  const load = async () => {
    const { oldest, whole } = messages;
    if (busy || whole || !oldest) return;
    busy = true;
    element.dataset.state = "loading";
    state.textContent = "Loading older messages…";
    try {
      const { found, whole } = await page(messages.roomId, oldest.id, PAGE, over.signal);
      // Nobody else changed the list's end meanwhile, or these do not join what is shown.
      if (messages.oldest?.id === oldest.id) quietly(() => scroll.keeping(() => messages.prepend(found, whole)));
      show();
      requestAnimationFrame(look);
    } catch {
      element.dataset.state = "failed";
      state.textContent = "Older messages could not be loaded.";
    } finally {
      busy = false;
    }
  };
  /** @param {() => void} change */
  const quietly = (change) => {
    log.ariaLive = "off";
    change();
    clearTimeout(timer);
    timer = setTimeout(() => (log.ariaLive = "polite"), QUIET_MS);
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    event.preventDefault();
    load();
  };
  /** What failed waits to be asked for. */
  const look = () => scroll.above < AHEAD && element.dataset.state !== "failed" && load();
  const again = () => {
    if (feed.state !== "live") return;
    if (!busy) show();
    look();
  };

  link.addEventListener("click", click, heard);
  // An intersection observer would tell of this seldomer, but some browsers lose count as messages get their size.
  log.addEventListener("scroll", look, { ...heard, passive: true });
  addEventListener("resize", look, heard);
  messages.element.addEventListener("messages:loaded", show, heard);
  feed.addEventListener("state", again, heard);
  show();
  look();
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
