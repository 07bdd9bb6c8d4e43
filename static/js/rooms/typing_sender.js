/** Reports typing: at once, then every 2 seconds while it goes on. */
import { send } from "../lib/api.js";
import { viewer } from "../shell/viewer.js";

const PAUSE_MS = 2_000;

/** @param {HTMLFormElement} element the composer @param {number} roomId */
export function start(element, roomId) {
  const controller = new AbortController();
  let last = -PAUSE_MS;
  const typed = () => {
    const now = performance.now();
    if (now - last < PAUSE_MS || element.hasAttribute("data-empty")) return;
    last = now;
    // A failure has no consequences.
    send("POST", `/rooms/${roomId}/typing`, { author_id: viewer }).catch(() => {});
  };
  element.addEventListener("input", typed, { signal: controller.signal });
  element.addEventListener("composer:sent", () => (last = -PAUSE_MS), { signal: controller.signal });
  return () => controller.abort();
}
