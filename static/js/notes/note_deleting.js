/** Deletes a note, and offers to undo it. */
import { around } from "../lib/elements.js";
import { nameOf, noteOf } from "./note_card.js";
import { change } from "./note_requests.js";
import { saving } from "./save_status.js";
import { offerUndo } from "./card/undo_change.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {HTMLElement} card */
  const remove = (card) => {
    const { id } = noteOf(card);
    /** @param {Note} note */
    const saved = (note) => offerUndo(`Deleted “${nameOf(note)}”.`, element, feed, id, { deleted: false });
    saving(card, feed, () => change("DELETE", `/${id}`), { saved });
  };
  /** @param {Event} event */
  const submit = (event) => {
    const card = around(event, ".delete-form") && around(event, ".note");
    if (!card) return;
    event.preventDefault();
    remove(card);
  };
  element.addEventListener("submit", submit, { signal: controller.signal });
  return () => controller.abort();
}
