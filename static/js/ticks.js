/** Ticking a note done and open again. */
import { change } from "./api.js";
import { noteOf } from "./card.js";
import { saving } from "./card_status.js";

/** @param {HTMLElement} element the list @param {any} feed */
export function start(element, feed) {
  const over = new AbortController();
  const tick = (box) => {
    const card = box.closest(".note");
    const { id } = noteOf(card);
    const done = box.checked;
    const send = () => {
      box.checked = done;
      return change("PATCH", `/${id}`, { done });
    };
    // No version goes along: ticking overwrites nobody's words.
    saving(card, feed, send, { failed: () => (box.checked = noteOf(card).done) });
  };
  const listen = (name, hear) => element.addEventListener(name, hear, { signal: over.signal });
  listen("change", ({ target }) => target.matches(".done-box") && tick(target));
  listen("submit", (event) => event.target.matches(".done-form") && event.preventDefault());
  return () => over.abort();
}
