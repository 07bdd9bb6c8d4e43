/** Deletes a note, and offers to undo it. */
import { waitUntil } from "../feed/confirmation.js";
import { explain, Problem } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { goTo } from "../lib/list_keys.js";
import { toast } from "../lib/page_events.js";
import { nameOf, noteOf } from "./note_card.js";
import { change } from "./note_requests.js";
import { saving } from "./save_status.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {HTMLElement} card */
  const remove = (card) => {
    const { id } = noteOf(card);
    /** @param {Note} note */
    const saved = (note) => toast(`Deleted “${nameOf(note)}”.`, { label: "Undo", run: () => restore(id) });
    saving(card, feed, () => change("DELETE", `/${id}`), { saved });
  };
  /** @param {number} id */
  const restore = async (id) => {
    try {
      const { eventId } = await change("POST", `/${id}/restore`);
      feed.expectEvent(eventId);
      await waitUntil(element, () => Boolean(document.getElementById(`note-${id}`)));
      goTo(document.getElementById(`note-${id}`));
    } catch (caught) {
      const problem = Problem.of(caught);
      const again = { label: "Retry", run: () => restore(id) };
      if (problem.status === 404) toast("This note can no longer be restored.");
      else toast(explain(problem, "Not restored"), again);
    }
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
