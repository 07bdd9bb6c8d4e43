/** Highlights changes: new cards are animated, changes by others glow once. */
import { around } from "../lib/elements.js";
import { isOwn } from "./note_requests.js";

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  /** @param {CardEvent<NoteChange>} event */
  const onChange = async ({ target, detail: { note, before, live } }) => {
    if (!live) return;
    if (!before || before.done !== note.done || before.pinned !== note.pinned) target.dataset.arrived = "";
    if (!(await isOwn("put", note))) target.dataset.glow = "";
  };
  /** @param {AnimationEvent} event */
  const finished = (event) => {
    const card = around(event, ".note");
    if (event.animationName === "arrive") delete card?.dataset.arrived;
    if (event.animationName === "glow") delete card?.dataset.glow;
  };
  element.addEventListener("note:changed", onChange, { signal: controller.signal });
  element.addEventListener("animationend", finished, { signal: controller.signal });
  return () => controller.abort();
}
