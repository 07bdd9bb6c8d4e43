/** The feed's state as a small dot with a word. */

const WORDS = { live: "Live", reconnecting: "Reconnecting…", offline: "Offline" };
const FLICKER_MS = 400; // a hand-over between tabs or roads takes less, and is nobody's concern

/** @param {HTMLElement} element @param {import("./feed.js").Feed} feed */
export function start(element, feed) {
  const over = new AbortController();
  let timer = 0;
  const show = () => {
    element.dataset.state = feed.state;
    element.textContent = WORDS[feed.state];
  };
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(show, feed.state === "live" ? 0 : FLICKER_MS);
  };
  feed.addEventListener("state", hear, { signal: over.signal });
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
