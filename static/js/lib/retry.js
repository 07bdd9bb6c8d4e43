/** Repeats a request: until it succeeds, and while its response may be out of date. */
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

/**
 * The response to a request during which no event came: a state that was read before an event could undo what the event did.
 * @template T
 * @param {() => Promise<T>} request @param {() => unknown} newest identifies the newest event about what is requested
 */
export async function untilUnchanged(request, newest) {
  for (;;) {
    const before = newest();
    const response = await request();
    if (newest() === before) return response;
  }
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
