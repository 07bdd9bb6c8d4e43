/** Shows above the private conversation whether the assistant can answer, and what is missing. */
import { ask } from "../lib/api.js";
import { find } from "../lib/elements.js";

const AGAIN_MS = 10_000; // while it cannot answer, and the page is visible

/** @param {HTMLElement} element the message @param {HTMLElement} list the messages @param {ExpectingFeed} feed */
export function start(element, list, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  let latest = new AbortController(); // an answer that comes late must not undo a later one
  let timer = 0;

  const check = async () => {
    clearTimeout(timer);
    latest.abort();
    if (document.hidden) return;
    latest = new AbortController();
    const signal = AbortSignal.any([latest.signal, controller.signal]);
    try {
      const { value } = await ask("/assistant", { signal });
      element.hidden = value.available;
      const words = find(element, ".missing-words");
      if (!value.available && words.textContent !== value.reason) words.textContent = value.reason;
    } catch {
      // Try again later: the shown state may still be right.
    }
    if (!element.hidden && !signal.aborted) timer = setTimeout(check, AGAIN_MS);
  };
  /** @param {CardEvent<MessageChange>} event */
  const changed = ({ detail: { message, before } }) => {
    if (message.answer?.state === "failed" && before?.answer?.state !== "failed") check();
  };

  list.addEventListener("message:changed", changed, { signal });
  document.addEventListener("visibilitychange", check, { signal });
  feed.addEventListener("state", () => feed.state === "live" && check(), { signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
