/** Ticking a note done and open again. */
import { change } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { noteOf } from "./note_card.js";
import { saving } from "./save_status.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const over = new AbortController();
  /** @param {Event} event */
  const tick = (event) => {
    const [box, card] = [around(event, ".done-box", HTMLInputElement), around(event, ".note")];
    if (!box || !card) return;
    const { id } = noteOf(card);
    const done = box.checked;
    const send = () => {
      box.checked = done;
      return change("PATCH", `/${id}`, { done });
    };
    // No version goes along: ticking overwrites nobody's words.
    const failed = () => {
      box.checked = noteOf(card).done;
    };
    saving(card, feed, send, { failed });
  };
  /** @param {Event} event */
  const submit = (event) => around(event, ".done-form") && event.preventDefault();
  element.addEventListener("change", tick, { signal: over.signal });
  element.addEventListener("submit", submit, { signal: over.signal });
  return () => over.abort();
}
