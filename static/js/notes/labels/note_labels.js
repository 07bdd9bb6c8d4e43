/** The labels on cards: small links to the notes that have them. */
import { clone, find } from "../../lib/elements.js";
import { chosen } from "../note_filter.js";
import { colourOf } from "./board_labels.js";

const KEPT = ["q", "sort"]; // of the page's address, beside the filter

/** The names on a card that the server rendered. @param {HTMLElement} card */
export const readLabels = (card) => pillsIn(card).map(({ dataset }) => dataset.labelName ?? "");

/** @param {HTMLElement} card @param {Note} note an event of an earlier version lacks them */
export function showLabels(card, { labels = [] }) {
  const list = find(card, ".note-labels");
  const shown = readLabels(card);
  if (labels.length === shown.length && labels.every((name, index) => name === shown[index])) return;
  list.hidden = !labels.length;
  list.replaceChildren(...labels.map(pillFor));
}

/** @param {string} name */
function pillFor(name) {
  const item = clone("label-pill");
  const pill = find(item, "a", HTMLAnchorElement);
  const others = new URLSearchParams(location.search);
  const query = new URLSearchParams(KEPT.flatMap((key) => others.getAll(key).map((value) => [key, value])));
  for (const [key, value] of chosen) if (key !== "label" || value !== name) query.append(key, value);
  query.append("label", name);
  pill.search = String(query);
  tint(pill, name);
  find(pill, "bdi").textContent = name;
  return item;
}

/** @param {HTMLElement} pill @param {string} name */
function tint(pill, name) {
  pill.dataset.labelName = name;
  pill.dataset.colour = colourOf(name);
}

/** @param {HTMLElement} element the page's main @param {HTMLElement} list */
export function start(element, list) {
  const controller = new AbortController();
  const recolour = () => {
    for (const pill of pillsIn(list)) tint(pill, pill.dataset.labelName ?? "");
  };
  element.addEventListener("labels:changed", recolour, { signal: controller.signal });
  return () => controller.abort();
}

/** @param {HTMLElement} parent @returns {HTMLElement[]} */
const pillsIn = (parent) => [...parent.querySelectorAll(/** @type {"a"} */ ("a.label-pill"))];
