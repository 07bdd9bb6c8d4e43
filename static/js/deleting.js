/** Deleting a note, and the way back. */
import { change, explain } from "./api.js";
import { until } from "./arrivals.js";
import { nameOf, noteOf } from "./card.js";
import { saving } from "./card_status.js";
import { toast } from "./messages.js";

/** @param {HTMLElement} element the list @param {any} feed */
export function start(element, feed) {
  const over = new AbortController();
  const remove = async (card) => {
    const { id } = noteOf(card);
    const answer = await saving(card, feed, () => change("DELETE", `/${id}`));
    if (answer) toast(`Deleted “${nameOf(answer.note)}”.`, { label: "Undo", run: () => restore(id) });
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
