/**
 * Selects a card that a finger holds. A finger that moves scrolls the page, one on the handle moves the card, and one on a link
 * opens the browser's menu. No words are selected by the same press.
 */
import { may } from "../../boards/board_role.js";
import { around } from "../../lib/elements.js";

const HELD_MS = 500; // as long as browsers wait before they select a word
const DISTANCE_MAX = 10; // pixels that a finger moves while it is still
const OWN = "a, button, input, label, select, textarea, summary, .move-handle";

/** @param {HTMLElement} element the list @param {import("./selection.js").Selection} selection */
export function start(element, selection) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {{card: HTMLElement, x: number, y: number, timer: number}|null} */ let held = null;
  let selected = false; // by the press that goes on, or that has just ended

  const release = () => {
    if (!held) return;
    clearTimeout(held.timer);
    delete held.card.dataset.held;
    held = null;
  };
  /** @param {PointerEvent} event */
  const press = (event) => {
    release();
    selected = false;
    const card = around(event, ".note");
    const isFinger = event.pointerType === "touch" && event.isPrimary;
    if (!card || !isFinger || "editing" in card.dataset || selection.active || !may("ticker")) return;
    if (around(event, OWN, Element)) return;
    card.dataset.held = "";
    const timer = setTimeout(() => {
      selected = true;
      selection.toggle(card, true);
    }, HELD_MS);
    held = { card, x: event.clientX, y: event.clientY, timer };
  };
  /** @param {PointerEvent} event */
  const move = ({ clientX, clientY }) => {
    if (held && Math.hypot(clientX - held.x, clientY - held.y) > DISTANCE_MAX) release();
  };
  /** The browser's own menu and its selection of a word come after the same time. @param {Event} event */
  const menu = (event) => (held || selected) && event.preventDefault();
  /** The press ends in a click, which would take the selection back. @param {Event} event */
  const click = (event) => {
    if (!selected) return;
    selected = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  element.addEventListener("pointerdown", press, { signal });
  element.addEventListener("contextmenu", menu, { signal });
  element.addEventListener("click", click, { signal, capture: true });
  addEventListener("pointermove", move, { signal, passive: true });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, release, { signal });
  return () => controller.abort();
}
