/** Deletes the viewer's own message, and offers to undo it. */
import { explain, Problem, send } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { viewer } from "../shell/viewer.js";
import { messageOf } from "./message_item.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {number} id */
  const remove = async (id) => {
    try {
      const { eventId } = await send("DELETE", `/messages/${id}?author_id=${viewer}`);
      feed.expectEvent(eventId);
      toast("Message deleted.", { label: "Undo", run: () => restore(id) });
    } catch (caught) {
      failed("Not deleted", Problem.of(caught), () => remove(id));
    }
  };
  /** @param {number} id */
  const restore = async (id) => {
    try {
      const { eventId } = await send("POST", `/messages/${id}/restore?author_id=${viewer}`);
      feed.expectEvent(eventId);
    } catch (caught) {
      const problem = Problem.of(caught);
      if (problem.status === 404) toast("This message can no longer be restored.");
      else failed("Not restored", problem, () => restore(id));
    }
  };
  /** @param {string} what @param {Problem} problem @param {() => void} again */
  const failed = (what, problem, again) => {
    if (problem.status === 404) return; // it is deleted already
    toast(explain(problem, what), { label: "Retry", run: again });
  };
  /** @param {Event} event */
  const submit = (event) => {
    const item = around(event, ".delete-form") && around(event, ".message");
    if (!item) return;
    event.preventDefault();
    remove(messageOf(item).id);
  };
  element.addEventListener("submit", submit, { signal: controller.signal });
  return () => controller.abort();
}
