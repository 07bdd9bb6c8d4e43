/** The assistant's answers in a conversation: stop, ask again, and announce the result. */
import { explain, Problem, send } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { announce, toast } from "../lib/page_events.js";
import { isGrowing } from "./assistant_answer_item.js";
import { messageOf } from "./message_item.js";

const READ_OUT = 1_000; // characters of an answer
const FAILED = { stop: "Not stopped", retry: "Not asked again" };

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Set<number>} */ const busy = new Set();

  /** @param {number} id @param {"stop"|"retry"} what */
  const request = async (id, what) => {
    if (busy.has(id)) return;
    busy.add(id);
    try {
      const { eventId } = await send("POST", `/messages/${id}/${what}`);
      feed.expectEvent(eventId);
    } catch (caught) {
      const problem = Problem.of(caught);
      if (problem.status === 404) return; // it has been deleted
      const action = { label: "Retry", run: () => request(id, what) };
      toast(explain(problem, FAILED[what]), problem.status === 409 ? undefined : action);
    } finally {
      busy.delete(id);
    }
  };
  /** @param {Event} event */
  const submit = (event) => {
    const form = around(event, ".stop-form, .again-form");
    const item = around(event, ".message");
    if (!form || !item) return;
    event.preventDefault();
    request(messageOf(item).id, form.matches(".stop-form") ? "stop" : "retry");
  };
  /** @param {CardEvent<MessageChange>} event */
  const changed = ({ detail: { message, before } }) => {
    if (message.answer && isGrowing(before?.answer) && !isGrowing(message.answer)) announce(outcome(message));
  };

  element.addEventListener("submit", submit, { signal });
  element.addEventListener("message:changed", changed, { signal });
  return () => controller.abort();
}

/** @param {Message} message an answer that has ended */
function outcome({ content, answer }) {
  if (answer?.state === "failed") return `The assistant could not answer: ${answer.error}`;
  if (answer?.state === "stopped") return "The answer was stopped.";
  const rest = content.length > READ_OUT ? "… The rest is in the conversation." : "";
  return `Assistant: ${content.slice(0, READ_OUT)}${rest}`;
}
