/**
 * Doubts the feed when there is reason to. Pings are invisible to a page, and a proxy may open a websocket and then
 * swallow it: so after a silence one cheap request asks for the newest id, and the feed has to know it soon.
 */

const SILENCE_MS = 30_000;
const SPREAD_MS = 5_000; // so that a restart does not bring every reader's question in the same second

/**
 * @param {import("./live_feed.js").LiveFeed} feed @param {string} question a path whose answer carries `Last-Event-ID`
 * @returns {() => void} stop
 */
export function watch(feed, question) {
  const over = new AbortController();
  let timer = 0;

  const ask = async () => {
    rest();
    if (feed.state !== "live") return;
    try {
      const answer = await fetch(question, { cache: "no-store", signal: over.signal });
      const newest = answer.headers.get("Last-Event-ID");
      if (newest) feed.expect(newest);
    } catch {
      if (!over.signal.aborted) feed.redial();
    }
  };
  const rest = (ms = SILENCE_MS) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms + Math.random() * SPREAD_MS);
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  listen(feed, "change", () => rest());
  listen(feed, "state", () => rest(0));
  listen(window, "online", () => feed.redial());
  // Not the last word: a server on this machine answers without any network.
  listen(window, "offline", () => feed.redial());
  listen(document, "visibilitychange", () => {
    if (document.hidden) return;
    if (feed.state === "live") ask();
    else feed.redial();
  });
  rest(0);
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
