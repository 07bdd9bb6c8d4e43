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
  /** @type {Set<HTMLElement>} */ const came = new Set();
  let isAwaited = false;

  /** Those that a search hides wait: each that is measured would be laid out by itself. */
  const publish = () => {
    isAwaited = false;
    const batch = [...came].filter((card) => card.isConnected && !card.hidden);
    for (const card of batch) came.delete(card);
    emit(element, "notes:near", { came: batch, near });
  };
  /** @param {HTMLElement} card */
  const add = (card) => {
    near.add(card);
    came.add(card);
    soon();
  };
  const soon = () => {
    if (!isAwaited) requestAnimationFrame(publish);
    isAwaited = true;
  };
  /** @param {ContentVisibilityAutoStateChangeEvent} event */
  const crossed = (event) => {
    const card = around(event, ".note");
    if (!card) return;
    if (!event.skipped) return add(card);
    near.delete(card);
    came.delete(card);
  };
  /** @param {CardEvent} event */
  const changed = ({ target }) => (near.has(target) || !SKIPS) && add(target);
  const filtered = () => came.size && soon();
  const forgetRemoved = () => {
    for (const cards of [near, came]) for (const card of cards) if (!card.isConnected) cards.delete(card);
  };

  // On paper all of them are.
  const printed = () => emit(element, "notes:near", { came: cardsIn(element), near });

  /** Find those that came near before this script listened. @param {number} frames in which to look again */
  const look = (frames) => {
    for (const card of cardsIn(element)) {
      if (!near.has(card) && isDrawn(card)) add(card);
    }
    if (frames && !signal.aborted) requestAnimationFrame(() => look(frames - 1));
  };
  // Chromium may have told already, and still say no until it has drawn the next frame.
  look(FRAMES);
  // It bubbles in Chromium alone; on its way down it passes the list in every browser.
  element.addEventListener("contentvisibilityautostatechange", crossed, { signal, capture: true });
  element.addEventListener("note:changed", changed, { signal });
  element.addEventListener("notes:filtered", filtered, { signal });
  addEventListener("beforeprint", printed, { signal });
  element.addEventListener("note:deleted", forgetRemoved, { signal });
  return () => controller.abort();
}

/**
 * Whether the browser does not skip a card. A part is asked that every card shows: where checklists alone are ticked off, a text has no box.
 * @param {HTMLElement} card
 */
export const isDrawn = (card) =>
  "editing" in card.dataset || find(card, ".note-body").checkVisibility({ contentVisibilityAuto: true });
