/** Announces changes by others to screen readers. */
import { announceNews } from "../lib/page_events.js";
import { nameOf } from "./note_card.js";
import { isOwn } from "./note_requests.js";

/** @type {Partial<Record<FeedAction, string>>} */
const VERBS = { create: "added", update: "changed", delete: "deleted" };

/** @param {FeedTarget} feed */
export function start(feed) {
  const controller = new AbortController();
  /** @param {FeedEventMap["change"]} event */
  const onChange = async ({ detail: { action, note } }) => {
    if (!note || (await isOwn(action, note))) return;
    const verb = note.archived_at && note.archived_at === note.updated_at ? "archived" : VERBS[action];
    if (verb) announceNews(`Somebody ${verb} “${nameOf(note)}”.`);
  };
  feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => controller.abort();
}
