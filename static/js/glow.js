/** Shows where a change came from: what is new comes in, what somebody else changed glows once. */
import { isOwn } from "./api.js";

/** @param {HTMLElement} element the list */
export function start(element) {
  const over = new AbortController();
  const hear = async ({ target, detail: { note, before, live } }) => {
    if (!live) return;
    if (!before || before.done !== note.done) target.dataset.arrived = "";
    if (!(await isOwn("put", note))) target.dataset.glow = "";
  };
  const finished = ({ target, animationName }) => {
    if (animationName === "arrive") delete target.dataset.arrived;
    if (animationName === "glow") delete target.dataset.glow;
  };
  element.addEventListener("note:changed", hear, { signal: over.signal });
  element.addEventListener("animationend", finished, { signal: over.signal });
  return () => over.abort();
}
