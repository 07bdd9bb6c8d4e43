/** Reads changes out, politely and in batches: a burst of changes is one sentence. */
import { isOwn } from "./api.js";
import { nameOf } from "./card.js";

const QUIET_MS = 1_200; // a batch ends after this much silence
const KEPT_MS = 10_000; // then the region is emptied, so that nobody stumbles over old news
const NAMED = 3; // more changes than this are only counted
/** @type {Partial<Record<FeedAction, string>>} */
const VERBS = { create: "added", update: "changed", delete: "deleted" };

/**
 * @param {HTMLElement} element the live region
 * @param {import("./feed.js").Feed} feed
 */
export function start(element, feed) {
  const over = new AbortController();
  /** @type {{text: string, change: boolean}[]} */ let said = [];
  let timer = 0;

  const flush = () => {
    const changes = said.filter(({ change }) => change).length;
    const texts = changes > NAMED ? [`${changes} changes on the board.`] : [];
    for (const { text, change } of said) if (!change || changes <= NAMED) texts.push(text);
    said = [];
    element.textContent = texts.join(" ");
    timer = setTimeout(() => (element.textContent = ""), KEPT_MS);
  };
  /** @param {string} text @param {boolean} change */
  const add = (text, change) => {
    said.push({ text, change });
    clearTimeout(timer);
    timer = setTimeout(flush, QUIET_MS);
  };
  /** @param {FeedEventMap["change"]} event */
  const hear = async ({ detail: { action, note } }) => {
    if (!note || (await isOwn(action, note))) return;
    const verb = VERBS[action];
    if (verb) add(`Somebody ${verb} “${nameOf(note)}”.`, true);
  };
  feed.addEventListener("change", hear, { signal: over.signal });
  document.addEventListener("announce", ({ detail }) => add(detail, false), { signal: over.signal });
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}
