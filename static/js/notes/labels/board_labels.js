/** The labels of the board of this page: from the page, then from the feed. */
import { boardId } from "../../boards/current_board.js";
import { pages } from "../../lib/api.js";
import { emit } from "../../lib/page_events.js";
import { retryUntilDone } from "../../lib/retry.js";

/** @type {Map<number, {name: string, colour: string}>} */ const labels = new Map();

/** The key for comparing names, as the server has it (schemas/text.py), nearly. @param {string} name */
export const keyOf = (name) => name.trim().normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");

/** The names of all labels, in order. @returns {string[]} */
export const labelNames = () => [...labels.values()].map(({ name }) => name).sort((a, b) => a.localeCompare(b));

/** A function that gives the name of a label later, when it may be another one. @param {string} name @returns {() => string} */
export function followName(name) {
  const id = [...labels].find(([, label]) => keyOf(label.name) === keyOf(name))?.[0];
  return () => (id && labels.get(id)?.name) || name;
}

/** @param {string} name */
export const colourOf = (name) => [...labels.values()].find((label) => label.name === name)?.colour ?? "none";

/**
 * Dispatches `labels:changed` from the element.
 * @param {HTMLElement} element the page's main @param {ExpectingFeed} feed
 */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {NodeListOf<HTMLElement>} */ const listed = document.querySelectorAll("#board-labels > li");
  for (const { dataset, textContent } of listed) {
    labels.set(Number(dataset.id), { name: textContent, colour: dataset.colour ?? "none" });
  }
  /** @param {FeedEventMap["change"]} event */
  const change = ({ detail: { action, label } }) => {
    if (label?.board_id !== boardId) return;
    if (action === "delete") labels.delete(label.id);
    else labels.set(label.id, label);
    emit(element, "labels:changed");
  };
  const load = async () => {
    /** @type {LabelOut[]} */ const found = [];
    for await (const page of pages(`/boards/${boardId}/labels`, signal)) found.push(...page);
    labels.clear();
    for (const label of found) labels.set(label.id, label);
    emit(element, "labels:changed");
  };
  feed.addEventListener("change", change, { signal });
  feed.addEventListener("reset", () => retryUntilDone(load, feed, signal), { signal });
  return () => controller.abort();
}
