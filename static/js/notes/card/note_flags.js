/** Sets a note's flags, such as done, by a checkbox or a button. What moves the card away can be undone. */
import { around, find } from "../../lib/elements.js";
import { hasFlag, nameOf, noteOf, showFlag } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";
import { offerUndo } from "./undo_change.js";

/** @type {Record<string, [(name: string) => string, (name: string) => string]>} what is said once a flag is set, or taken back */
const WORDS = {
  pinned: [(name) => `Pinned “${name}”.`, (name) => `“${name}” is no longer pinned.`],
  archived: [(name) => `Archived “${name}”.`, (name) => `“${name}” is back on the board.`],
};

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
      const said = WORDS[flag]?.[value ? 0 : 1];
      if (said) offerUndo(said(nameOf(note)), element, feed, id, { [flag]: !value });
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
