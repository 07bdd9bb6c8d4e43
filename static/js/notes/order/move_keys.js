/** Moves the card with the focus by Alt and arrow keys, which otherwise leave the page. */
import { may } from "../../boards/board_role.js";
import { around } from "../../lib/elements.js";
import { keyOf } from "../../lib/keyboard.js";
import { goTo } from "../../lib/list_keys.js";
import { announce } from "../../lib/page_events.js";
import { gapAt, move, obstacle, partOf } from "./moves.js";

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const forward = getComputedStyle(element).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  /** @type {Record<string, (index: number, last: number) => number>} */
  const targets = {
    ArrowUp: (index) => index - 1,
    ArrowDown: (index) => index + 1,
    ArrowLeft: (index) => (forward === "ArrowLeft" ? index + 1 : index - 1),
    ArrowRight: (index) => (forward === "ArrowRight" ? index + 1 : index - 1),
    Home: () => 0,
    End: (_, last) => last,
  };
  let queue = Promise.resolve();

  /** @param {HTMLElement} card @param {(index: number, last: number) => number} target */
  const step = async (card, target) => {
    if (!card.isConnected) return;
    const part = partOf(element, card);
    const index = part.indexOf(card);
    const to = Math.min(Math.max(target(index, part.length - 1), 0), part.length - 1);
    if (to === index) return announce(to ? "It is the last one." : "It is the first one.");
    const others = part.filter((other) => other !== card);
    await move(element, card, gapAt(others, to), feed, false);
    if (card.contains(document.activeElement)) goTo(card);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const card = around(event, ".note");
    const target = targets[keyOf(event)];
    const alone = event.altKey && !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!card || !target || !alone || around(event, TYPING) || "editing" in card.dataset || !may("editor")) return;
    event.preventDefault();
    const reason = obstacle(element, card);
    if (reason) return announce(reason);
    // Each key moves from where the one before has moved to.
    queue = queue.then(() => step(card, target));
  };
  element.addEventListener("keydown", press, { signal: controller.signal });
  return () => controller.abort();
}
