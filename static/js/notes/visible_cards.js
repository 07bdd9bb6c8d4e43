/**
 * Which cards are near the window, so that what needs measuring or a clock is done for few cards, and in batches.
 * The browser knows already, since it skips the far ones: thousands of observed cards would cost as much as drawing.
 */
import { around, find } from "../lib/elements.js";
import { emit } from "../lib/page_events.js";
import { cardsIn } from "./layout/note_chunks.js";

const FRAMES = 2;
const SKIPS = CSS.supports("content-visibility", "auto"); // Safari 17 skips no card, so that all are near

/**
 * Dispatches `notes:near` (detail: {came: cards, near: all that are near}) from the list.
 * @param {HTMLElement} element the list
 */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Set<HTMLElement>} */ const near = new Set();
  /** @type {Set<HTMLElement>} */ let came = new Set();

  const publish = () => {
    const batch = [...came].filter((card) => card.isConnected);
    came = new Set();
    emit(element, "notes:near", { came: batch, near });
  };
  /** @param {HTMLElement} card */
  const add = (card) => {
    near.add(card);
    if (!came.size) requestAnimationFrame(publish);
    came.add(card);
  };
  /** @param {ContentVisibilityAutoStateChangeEvent} event */
  const crossed = (event) => {
    const card = around(event, ".note");
    if (!card) return;
    if (event.skipped) near.delete(card);
    else add(card);
  };
  /** @param {CardEvent} event */
  const changed = ({ target }) => (near.has(target) || !SKIPS) && add(target);
  const forgetRemoved = () => {
    for (const card of near) if (!card.isConnected) near.delete(card);
  };

  // On paper all of them are.
  const printed = () => emit(element, "notes:near", { came: cardsIn(element), near });

  /** Find those that came near before this script listened. @param {number} frames in which to look again */
  const look = (frames) => {
    for (const card of cardsIn(element)) {
      // A part that every card shows: where checklists alone are ticked off, a text has no box.
      const isNear = find(card, ".note-body").checkVisibility({ contentVisibilityAuto: true });
      if (isNear && !near.has(card)) add(card);
    }
    if (frames && !signal.aborted) requestAnimationFrame(() => look(frames - 1));
  };
  // Chromium may have told already, and still say no until it has drawn the next frame.
  look(FRAMES);
  // It bubbles in Chromium alone; on its way down it passes the list in every browser.
  element.addEventListener("contentvisibilityautostatechange", crossed, { signal, capture: true });
  element.addEventListener("note:changed", changed, { signal });
  addEventListener("beforeprint", printed, { signal });
  element.addEventListener("note:deleted", forgetRemoved, { signal });
  return () => controller.abort();
}
