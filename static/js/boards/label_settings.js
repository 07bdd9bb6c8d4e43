/** The labels on a board's settings page, and how many notes have each. What somebody has typed stays. */
import { pages } from "../lib/api.js";
import { address, clone, find } from "../lib/elements.js";
import { place, remove } from "../lib/focus.js";
import { retryUntilDone } from "../lib/retry.js";
import { boardId } from "./current_board.js";

const PAUSE_MS = 1_000; // between an event and the request: an import is one change

/** @typedef {LabelOut & {note_count?: number}} Label events have no count */

/** @param {HTMLElement} list @param {ExpectingFeed} feed */
export function start(list, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const none = find(document, "#no-labels");
  /** @type {ReturnType<typeof setTimeout>|undefined} */ let timer;
  /** @param {number} id @returns {HTMLElement|null} */
  const row = (id) => list.querySelector(`[data-id="${id}"]`);
  const showNone = () => (none.hidden = list.children.length > 0);

  /** @param {Label} label */
  const put = (label) => {
    const shown = row(label.id) ?? rowFor(label.id);
    fill(shown, label);
    place(list, shown, comesBefore);
  };
  const loadNow = async () => {
    /** @type {Label[]} */ const found = [];
    for await (const page of pages(`/boards/${boardId}/labels`, signal)) found.push(...page);
    const ids = new Set(found.map(({ id }) => String(id)));
    for (const one of rowsIn(list)) if (!ids.has(one.dataset.id ?? "")) remove(one);
    found.forEach(put);
    showNone();
  };
  const load = () => {
    clearTimeout(timer);
    timer = undefined;
    retryUntilDone(loadNow, feed, signal);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, label, note } }) => {
    if (label?.board_id === boardId) {
      if (action === "delete") remove(row(label.id));
      else put(label);
      showNone();
    } else if (note?.board_id !== boardId) return;
    timer ??= setTimeout(load, PAUSE_MS); // the server counts
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

/** @param {number} id */
function rowFor(id) {
  const row = clone("label-row");
  row.id = `label-${id}`;
  row.dataset.id = String(id);
  for (const form of row.querySelectorAll("form")) {
    address(form, "action", id);
    form.action = form.action.replace(/#label-0$/, `#label-${id}`);
  }
  return row;
}

/** @param {HTMLElement} row @param {Label} label */
function fill(row, { name, colour, note_count: count }) {
  const before = row.dataset;
  const field = find(row, "input[type=text]", HTMLInputElement);
  const choice = find(row, "select", HTMLSelectElement);
  if (field.value === before.name) field.value = name;
  if (choice.value === before.colour) choice.value = colour;
  before.name = name;
  before.colour = colour;
  const pill = find(row, ".label-pill", HTMLAnchorElement);
  pill.dataset.colour = colour;
  pill.search = `?label=${encodeURIComponent(name)}&archived=any`;
  find(pill, "bdi").textContent = name;
  /** @type {NodeListOf<HTMLElement>} */ const named = row.querySelectorAll("[data-label]");
  for (const control of named) control.ariaLabel = `${control.dataset.label} ${name}`;
  if (count !== undefined) find(row, ".label-count").textContent = `${count} ${count === 1 ? "note" : "notes"}`;
}

/** @param {HTMLElement} list @returns {HTMLElement[]} */
const rowsIn = (list) => [...list.children].map((row) => /** @type {HTMLElement} */ (row));

/** Nearly as the server sorts. @param {HTMLElement} one @param {HTMLElement} other */
function comesBefore(one, other) {
  const [name, otherName] = [one, other].map(({ dataset }) => (dataset.name ?? "").normalize("NFKC").toLowerCase());
  return name < otherName;
}
