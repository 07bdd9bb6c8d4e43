/** Announces who comes, leaves, types and edits, without repetitions. */
import { announceNews } from "../lib/page_events.js";

const AGAIN_MS = 60_000; // the same news of the same person is read out once a minute

/** @type {Map<string, number>} */ const saidAt = new Map();

/** @param {string} news */
export function newsOf(news) {
  const now = performance.now();
  if (now - (saidAt.get(news) ?? -AGAIN_MS) < AGAIN_MS) return;
  saidAt.set(news, now);
  announceNews(news);
}
