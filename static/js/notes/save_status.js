/** Shows on a card that it is being saved, or that saving failed. */
import { SAVED_OFFLINE } from "../feed/confirmation.js";
import { explain, Problem } from "../lib/api.js";
import { clone, find } from "../lib/elements.js";
import { announce } from "../lib/page_events.js";

const PATIENCE_MS = 300; // a faster save shows no status

/** @param {HTMLElement} card @param {string} text @param {() => void} [retry] present when it failed */
function showStatus(card, text, retry) {
  clearStatus(card);
  const status = clone("note-status");
  const button = find(status, "button");
  find(status, "b").textContent = text;
  button.hidden = !retry;
  if (retry) {
    button.addEventListener("click", () => {
      if (card.contains(document.activeElement)) card.focus({ preventScroll: true });
      retry();
    });
    status.dataset.failed = "";
    announce(text);
  }
  card.append(status);
}

/** @param {HTMLElement} card */
function clearStatus(card) {
  card.querySelector(".note-status")?.remove();
}

/**
 * Send a change of a card, and show its progress there.
 * @param {HTMLElement} card @param {ExpectingFeed} feed
 * @param {() => Promise<Saved>} send
 * @param {{saved?: (note: Note) => void, failed?: () => void}} then
 */
export async function saving(card, feed, send, then) {
  clearStatus(card);
  const timer = setTimeout(() => showStatus(card, "Saving…"), PATIENCE_MS);
  try {
    const { note, eventId } = await send();
    clearTimeout(timer);
    clearStatus(card);
    feed.expectEvent(eventId);
    if (feed.state !== "live") showStatus(card, SAVED_OFFLINE);
    then.saved?.(note);
  } catch (caught) {
    clearTimeout(timer);
    then.failed?.();
    showStatus(card, explain(Problem.of(caught)), () => saving(card, feed, send, then));
  }
}

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  /** The saved change has arrived: remove the status. A failure stays until it is retried. @param {CardEvent} event */
  const seen = ({ target }) => target.querySelector(".note-status:not([data-failed])")?.remove();
  element.addEventListener("note:changed", seen, { signal: controller.signal });
  return () => controller.abort();
}
