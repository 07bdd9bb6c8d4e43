/**
 * Checks a silent feed. Pings are invisible to a page, and a proxy may open a websocket and swallow its frames: so
 * after a silence one cheap request gets the newest id, which the feed must reach soon.
 */

const SILENCE_MS = 30_000;
const ANSWER_MS = 4_000; // a connection that died without a word, as while a machine slept, answers nothing
const SPREAD_MS = 5_000; // so that a restart does not bring every reader's question in the same second

/**
 * @param {import("./resuming_feed.js").ResumingFeed} feed @param {string} question a path whose answer carries `Last-Event-ID`
 * @returns {{look: () => void, stop: () => void}} look: somebody is at the page, so look at once how it is
 */
export function watch(feed, question) {
  const controller = new AbortController();
  const { signal } = controller;
  let timer = 0;
  let asking = false;

  const ask = async () => {
    rest();
    if (feed.state !== "live" || asking) return;
    asking = true;
    try {
      const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(ANSWER_MS)]);
      const answer = await fetch(question, { cache: "no-store", signal });
      const newest = answer.headers.get("Last-Event-ID");
      if (newest) feed.expectEvent(newest);
    } catch {
      if (!signal.aborted) feed.redial();
    } finally {
      asking = false;
    }
  };
  const rest = (ms = SILENCE_MS) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms + Math.random() * SPREAD_MS);
  };
  const redial = () => feed.redial();
  const look = () => {
    if (feed.state === "live") ask();
    else feed.hasten();
  };

  feed.addEventListener("change", () => rest(), { signal });
  feed.addEventListener("state", () => rest(0), { signal });
  addEventListener("online", redial, { signal });
  addEventListener("offline", redial, { signal }); // not the last word: a server on this machine answers without any network
  rest(0);
  const stop = () => {
    controller.abort();
    clearTimeout(timer);
  };
  return { look, stop };
}
