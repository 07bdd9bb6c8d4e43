/** What is ticked off on the open board: each note, or only notes with a checklist. Style sheets hide the other boxes. */
import { find } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { may } from "./board_role.js";

const main = find(document, "main");

/** @param {Board["tick"]} [tick] an event of an earlier version lacks it */
export function setTick(tick = "notes") {
  main.dataset.tick = tick;
  /** @type {HTMLSelectElement|null} */ const field = main.querySelector("#board-tick");
  if (field) field.value = tick;
}

/** Whether a card has a box, for those who may tick. @param {HTMLElement} card */
export const takesTick = ({ dataset }) =>
  main.dataset.tick !== "checklists" || "checklist" in dataset || "done" in dataset;

/** Say why a card has no box. @param {Element|null} card @returns {boolean} whether there was something to say */
export function explainTick(card) {
  if (!card || main.dataset.tick !== "checklists" || !may("ticker")) return false;
  toast("Only notes with a checklist are ticked off on this board.");
  return true;
}
