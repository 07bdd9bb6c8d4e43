/** Actions on a job: cancel, run again, delete. Their results arrive by the feed. */
import { explain, Problem, send } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    const id = Number(around(event, ".job")?.dataset.id);
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.ariaDisabled === "true") return;
    const away = button.name === "remove";
    button.ariaDisabled = "true";
    try {
      const { eventId } = await send(away ? "DELETE" : "POST", away ? `/jobs/${id}` : `/jobs/${id}/${button.name}`);
      feed.expectEvent(eventId);
    } catch (caught) {
      const problem = Problem.of(caught);
      if (problem.status !== 404) toast(explain(problem)); // else it has been put away elsewhere
    } finally {
      button.ariaDisabled = "false";
    }
  };
  element.addEventListener("submit", submit, { signal: controller.signal });
  return () => controller.abort();
}
