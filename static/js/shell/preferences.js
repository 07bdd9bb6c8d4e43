/**
 * Preferences. The server stores them for the current user; without one, the calling module stores them in this browser
 * (lib/storage.js).
 * Dispatches `preference` on the document (detail: key and value, null when removed) when one changes on any screen.
 */
import { Problem, send } from "../lib/api.js";
import { emit } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";

const person = document.documentElement.dataset.person ?? "";

/** @type {ExpectingFeed|undefined} */ let feed;
/** @type {Map<string, AbortController>} what is on its way, by key */ const underway = new Map();

/** @param {ExpectingFeed} shared */
export function start(shared) {
  const controller = new AbortController();
  feed = shared;
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { topic, action, preference } }) => {
    if (!preference || topic !== `user:${person}`) return;
    emit(document, "preference", { key: preference.key, value: action === "delete" ? null : preference.value });
  };
  feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => controller.abort();
}

/**
 * Store a preference, now or as soon as there is a connection.
 * @param {string} key @param {string|number|object} value @param {boolean} [keepalive] even if the page is left
 */
export function prefer(key, value, keepalive = false) {
  if (!person || !feed) return;
  underway.get(key)?.abort();
  const controller = new AbortController();
  underway.set(key, controller);
  const put = async () => {
    try {
      await send("PUT", `/me/preferences/${key}?person_id=${person}`, value, undefined, keepalive);
    } catch (caught) {
      const { status } = Problem.of(caught);
      if (status === 0 || status >= 500) throw caught; // another time
    }
  };
  retryUntilDone(put, feed, controller.signal);
}
