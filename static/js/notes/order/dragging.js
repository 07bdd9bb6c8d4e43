/**
 * Moves a card by hand: with the mouse by its handle or by any place without words or controls, so that words can still be
 * selected; with a finger by its handle, so that the page scrolls everywhere else. Escape cancels.
 */
import { may } from "../../boards/board_role.js";
import { around } from "../../lib/elements.js";
import { keyOf } from "../../lib/keyboard.js";
import { toast } from "../../lib/page_events.js";
import { DragView } from "./drag_view.js";
import { neighbourOf } from "../layout/neighbours.js";
import { gapAt, gapOf, move, obstacle, partOf } from "./moves.js";

const CONTROLS = "a, button, input, label, select, textarea, summary";
const DISTANCE_MIN = 6; // pixels that the pointer moves before a press is a drag

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  /** @param {PointerEvent} event */
  const press = (event) => {
    const card = around(event, ".note");
    const plain = event.button === 0 && event.isPrimary && !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!card || !plain || "editing" in card.dataset || !may("editor") || !isGrip(event)) return;
    if ("selecting" in element.dataset) return; // a press selects the card
    follow(element, card, event, feed);
  };
  element.addEventListener("pointerdown", press, { signal: controller.signal });
  return () => controller.abort();
}

/** Whether a press may become a drag. @param {PointerEvent} event */
function isGrip(event) {
  if (around(event, ".move-handle", Element)) return true;
  if (event.pointerType !== "mouse" || around(event, CONTROLS, Element) || !(event.target instanceof Element))
    return false;
  const words = document.createRange();
  words.selectNodeContents(event.target);
  const { clientX: x, clientY: y } = event;
  const isOnWords = [...words.getClientRects()].some(
    ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom,
  );
  return !isOnWords || !around(event, ".note-body");
}

/** Follow a pointer until it is released. @param {HTMLElement} list @param {HTMLElement} card @param {PointerEvent} pressed @param {ExpectingFeed} feed */
function follow(list, card, pressed, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {DragView|null} */ let view = null;
  /** @type {import("./moves.js").Gap|null} */ let gap = null;
  let aimed = ""; // where the mark is

  const end = () => {
    controller.abort();
    view?.close();
    delete list.dataset.dragging;
  };
  const begin = () => {
    const reason = obstacle(list, card);
    if (reason) {
      end();
      toast(reason);
      return;
    }
    getSelection()?.removeAllRanges();
    list.dataset.dragging = "";
    const scrolled = () => {
      aimed = "";
      aim();
    };
    view = new DragView(card, { x: pressed.clientX, y: pressed.clientY }, scrolled);
  };
  /** Find the place under the pointer; where there is none, the last one stays. */
  const aim = () => {
    if (!view) return;
    const under = document.elementFromPoint(view.at.x, view.at.y)?.closest(".note");
    if (!(under instanceof HTMLElement) || !list.contains(under)) return;
    const { top, height } = under.getBoundingClientRect();
    const isAbove = view.at.y < top + height / 2;
    if (aimed === `${under.id} ${isAbove}`) return;
    const part = partOf(list, card);
    if (!part.includes(under)) return;
    aimed = `${under.id} ${isAbove}`;
    // In a column it takes the place of the card that the mark is above; below the last one, it goes to the end.
    const below = isAbove ? under : neighbourOf(list, under, "below");
    const after = below && part.includes(below) ? below : null;
    const others = part.filter((other) => other !== card);
    const stays = under === card || after === card || after === gapOf(part, card).after;
    gap = stays ? null : gapAt(others, after ? others.indexOf(after) : others.length);
    view.mark(stays ? null : under, isAbove);
  };
  /** @param {PointerEvent} event */
  const moved = (event) => {
    if (event.pointerId !== pressed.pointerId) return;
    const distance = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY);
    if (!view && distance < DISTANCE_MIN) return;
    if (!view) begin();
    view?.moveTo({ x: event.clientX, y: event.clientY });
    aim();
  };
  /** @param {PointerEvent} event */
  const released = (event) => {
    if (event.pointerId !== pressed.pointerId) return;
    end();
    if (view && gap && card.isConnected) move(list, card, gap, feed, true);
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (keyOf(event) !== "Escape" || !view) return;
    event.preventDefault();
    event.stopPropagation();
    end();
  };
  addEventListener("pointermove", moved, { signal });
  addEventListener("pointerup", released, { signal });
  addEventListener("pointercancel", end, { signal });
  addEventListener("blur", end, { signal });
  addEventListener("keydown", key, { signal, capture: true });
  // Neither the browser's own drag of what is selected, nor a click that opens the editor after this.
  addEventListener("dragstart", (event) => event.preventDefault(), { signal });
}
