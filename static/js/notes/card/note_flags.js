/** Sets a note's flags, such as done, by a checkbox or a button. What leaves the page for it can be undone. */
import { around, find } from "../../lib/elements.js";
import { announce } from "../../lib/page_events.js";
import { hasFlag, nameOf, noteOf, showFlag } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";
import { offerUndo } from "./undo_change.js";

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
    const failed = () => showFlag(control, hasFlag(noteOf(card), flag));
    /** @param {Note} note */
    const saved = (note) => {
      if (flag === "pinned") announce(value ? "Pinned." : "No longer pinned.");
      if (flag !== "archived") return;
      const words = value ? `Archived “${nameOf(note)}”.` : `“${nameOf(note)}” is back on the board.`;
      offerUndo(words, element, feed, id, { archived: !value });
    };
    saving(card, feed, send, { failed, saved });
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
