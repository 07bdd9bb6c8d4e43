/** Deleting a note, and the way back. */
import { change, explain } from "./api.js";
import { until } from "./arrivals.js";
import { nameOf, noteOf } from "./card.js";
import { saving } from "./card_status.js";
import { toast } from "./messages.js";

/** @param {HTMLElement} element the list @param {any} feed */
export function start(element, feed) {
  const over = new AbortController();
  const remove = (card) => {
    const { id } = noteOf(card);
    const saved = (note) => toast(`Deleted “${nameOf(note)}”.`, { label: "Undo", run: () => restore(id) });
    saving(card, feed, () => change("DELETE", `/${id}`), { saved });
  };
  const restore = async (id) => {
    try {
      const { eventId } = await change("POST", `/${id}/restore`);
      feed.expect(eventId);
      await until(element, () => Boolean(document.getElementById(`note-${id}`)));
      document.getElementById(`note-${id}`).focus();
    } catch (problem) {
      const again = { label: "Retry", run: () => restore(id) };
      if (problem.status === 404) toast("This note cannot be brought back any more.");
      else toast(explain(problem).replace("Not saved", "Not restored"), again);
    }
  };
  const submit = (event) => {
    if (!event.target.matches(".delete-form")) return;
    event.preventDefault();
    remove(event.target.closest(".note"));
  };
  element.addEventListener("submit", submit, { signal: over.signal });
  return () => over.abort();
}
