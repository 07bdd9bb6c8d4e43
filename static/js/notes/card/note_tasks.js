/** Ticks the tasks in a note's text, each by its line, and changes all of them. */
import { around, find } from "../../lib/elements.js";
import { linesOf } from "../../lib/content.js";
import { toast } from "../../lib/page_events.js";
import { noteOf } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {HTMLElement} card @param {HTMLElement} box */
  const tick = (card, box) => {
    const note = noteOf(card);
    const line = Number.parseInt(box.getAttribute("value") ?? "", 10);
    const source = linesOf(note.description ?? "")[line - 1];
    const done = box.ariaChecked !== "true";
    const send = () => {
      box.ariaChecked = String(done);
      return change("PATCH", `/${note.id}/tasks`, { line, source, done });
    };
    const failed = () => {
      box.ariaChecked = String(!done);
    };
    saving(card, feed, send, { failed });
  };
  /** @param {HTMLElement} card @param {string} action */
  const changeAll = (card, action) => {
    const { id, description } = noteOf(card);
    const send = () => change("POST", `/${id}/tasks/${action}`);
    /** @param {Note} note */
    const saved = ({ version }) => {
      if (action !== "delete-done") return;
      const undo = () => saving(card, feed, () => change("PATCH", `/${id}`, { description }, version), {});
      toast("Done tasks deleted", { label: "Undo", run: undo });
    };
    saving(card, feed, send, { saved });
  };
  /** @param {HTMLElement} card @param {HTMLInputElement} field */
  const add = (card, field) => {
    const text = field.value;
    if (!text.trim()) return;
    field.value = "";
    const failed = () => {
      field.value ||= text;
    };
    saving(card, feed, () => change("POST", `/${noteOf(card).id}/tasks`, { text }), { failed });
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    const form = around(event, ".tasks-tools form, .content-form", HTMLFormElement);
    if (!form) return;
    event.preventDefault();
    const card = /** @type {HTMLElement} */ (form.closest(".note"));
    const { submitter } = event;
    if (form.matches(".task-add")) add(card, find(form, "input", HTMLInputElement));
    else if (!(submitter instanceof HTMLButtonElement)) return;
    else if (submitter.name === "task") tick(card, submitter);
    else changeAll(card, submitter.value);
  };
  element.addEventListener("submit", submit, { signal: controller.signal });
  return () => controller.abort();
}
