/** The state of an answer beside its text, and the viewer's actions on it. */
import { address, find } from "../lib/elements.js";

const WORDS = { waiting: "Thinking…", writing: "Writing…", done: "", stopped: "Stopped", failed: "" };
const accounts = "accounts" in document.documentElement.dataset;

/** Whether an answer is waiting or being written. @param {Answer|null|undefined} answer */
export const isGrowing = (answer) => answer?.state === "waiting" || answer?.state === "writing";

/** The parts of an answer that never change. @param {HTMLElement} item @param {number} id @param {Answer} answer @param {number} viewer */
export function nameAnswer(item, id, { asker_id, question_id }, viewer) {
  item.dataset.asker = String(asker_id ?? "");
  item.dataset.question = String(question_id);
  item.toggleAttribute("data-asked", viewer > 0 && asker_id === viewer);
  for (const form of [".stop-form", ".again-form"]) address(find(item, form), "action", id);
}

/** @param {HTMLElement} item @param {Answer} answer @param {number} viewer */
export function fillAnswer(item, answer, viewer) {
  const { state, error, asker_id } = answer;
  const [stop, again] = [find(item, ".stop-form"), find(item, ".again-form")];
  const growing = isGrowing(answer);
  const allowed = !accounts || asker_id === null || asker_id === viewer;
  const left = [stop, again].find((form) => form.contains(document.activeElement));
  item.dataset.answer = state;
  // Never reset: the end of a growing answer is announced separately (assistant_answers.js).
  if (growing) item.ariaLive = "off";
  const words = state === "failed" ? (error ?? "") : WORDS[state];
  const line = find(item, ".answer-state");
  if (line.textContent !== words) line.textContent = words;
  stop.hidden = !(growing && allowed);
  again.hidden = !((state === "stopped" || state === "failed") && allowed);
  if (left?.hidden) {
    const other = [stop, again].find(({ hidden }) => !hidden)?.querySelector("button");
    (other ?? item).focus({ preventScroll: true });
  }
}

/** The answer of an item that the server rendered, or null when it is none. @param {HTMLElement} item @returns {Answer|null} */
export function readAnswer(item) {
  const { answer, asker, question } = item.dataset;
  if (!answer) return null;
  const state = /** @type {Answer["state"]} */ (answer);
  return {
    question_id: Number(question),
    asker_id: Number(asker) || null,
    state,
    error: state === "failed" ? find(item, ".answer-state").textContent.trim() : null,
  };
}
