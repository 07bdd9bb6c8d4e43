/** Retries a request until it succeeds. */
import { Backoff } from "./backoff.js";

/**
 * Retry until it succeeds: after a growing pause, or as soon as the feed is live again.
 * @param {() => Promise<unknown>} work @param {ExpectingFeed} feed @param {AbortSignal} signal
 * @returns {Promise<boolean>} false when it was given up
 */
export async function retryUntilDone(work, feed, signal) {
  const backoff = new Backoff();
  while (!signal.aborted) {
    try {
      await work();
      return true;
    } catch {
      await pause(backoff.next(), feed, signal);
    }
  }
  return false;
}

/** @param {number} ms @param {ExpectingFeed} feed @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, feed, signal) {
  return new Promise((go) => {
    const proceed = () => {
      clearTimeout(timer);
      go();
    };
    const timer = setTimeout(proceed, ms);
    feed.addEventListener("state", proceed, { once: true });
    signal.addEventListener("abort", proceed, { once: true });
  });
}
