/** Sets a note's flags, such as done, by a checkbox or a button. */
import { around, find } from "../../lib/elements.js";
import { noteOf, showFlag } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {HTMLElement} control @param {boolean} value */
  const set = (control, value) => {
    const card = /** @type {HTMLElement} */ (control.closest(".note"));
    const flag = control.dataset.flag ?? "";
    const { id } = noteOf(card);
    const send = () => {
      showFlag(control, value);
      return change("PATCH", `/${id}`, { [flag]: value });
    };
    // Without a version: a flag overwrites no text.
    const failed = () => showFlag(control, card.hasAttribute(`data-${flag}`));
    saving(card, feed, send, { failed });
  };
  /** @param {Event} event */
  const tick = (event) => {
    const box = around(event, "[data-flag]", HTMLInputElement);
    if (box) set(box, box.checked);
  };
  /** @param {Event} event */
  const press = (event) => {
    const form = around(event, ".flag-form");
    if (!form) return;
    event.preventDefault();
    const control = find(form, "[data-flag]");
    if (control instanceof HTMLButtonElement) set(control, control.value === "true");
  };
  element.addEventListener("change", tick, { signal: controller.signal });
  element.addEventListener("submit", press, { signal: controller.signal });
  return () => controller.abort();
}
