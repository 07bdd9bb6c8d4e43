/** The feed's state as a small dot with a word; if it lasts, with its consequence for the person who types. */

/** @type {Record<FeedState, string>} */
const WORDS = { live: "Live", reconnecting: "Reconnecting…", offline: "Offline", out: "Signed out" };
const FLICKER_MS = 400; // a change of the tab or the transport takes less, and is not shown
const LASTING_MS = 3_000;

/** @param {HTMLElement} element @param {import("../feed/feed.js").Feed} feed @param {HTMLElement} hint */
export function start(element, feed, hint) {
  const controller = new AbortController();
  /** @type {number[]} */ let timers = [];
  const show = () => {
    element.dataset.state = feed.state;
    element.textContent = WORDS[feed.state];
  };
  const explain = () => (hint.hidden = feed.state === "live" || feed.state === "out");
  const onState = () => {
    timers.forEach(clearTimeout);
    const live = feed.state === "live";
    timers = [setTimeout(show, live ? 0 : FLICKER_MS), setTimeout(explain, live ? 0 : LASTING_MS)];
  };
  feed.addEventListener("state", onState, { signal: controller.signal });
  return () => {
    controller.abort();
    timers.forEach(clearTimeout);
  };
}
