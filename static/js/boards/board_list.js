/** A list of boards: the shared one first, then the personal one, then by name. */
import { ask, pages } from "../lib/api.js";
import { address, clone, find } from "../lib/elements.js";
import { place, remove } from "../lib/focus.js";
import { retryUntilDone, untilUnchanged } from "../lib/retry.js";
import { rename } from "./board_names.js";

const SHARED = 1;

/**
 * @param {HTMLElement} element the list @param {ExpectingFeed} feed @param {(entry: HTMLElement) => void} [added] gets each new entry
 * @returns {{load: () => void, stop: () => void}} load: fetch it again
 */
export function start(element, feed, added = () => {}) {
  const controller = new AbortController();
  const { signal } = controller;
  let changes = 0;
  const newest = () => changes;
  /** @param {number} id @returns {HTMLElement|null} */
  const entry = (id) => element.querySelector(`[data-board="${id}"]`);

  /** @param {Board} board */
  const put = (board) => {
    rename(board);
    const known = entry(board.id);
    const shown = known ?? entryFor(board);
    place(element, shown, comesBefore);
    if (!known) added(shown);
  };
  const fetchAll = async () => {
    /** @type {Board[]} */ const found = [];
    for await (const page of pages("/boards", signal)) found.push(...page);
    return found;
  };
  const loadNow = async () => {
    const found = await untilUnchanged(fetchAll, newest);
    const ids = new Set(found.map(({ id }) => String(id)));
    for (const one of [...element.children]) {
      if (one instanceof HTMLElement && !ids.has(one.dataset.board ?? "")) remove(one);
    }
    for (const board of found) put(board);
  };
  const load = () => retryUntilDone(loadNow, feed, signal);
  /** @param {number} id */
  const fetchOne = async (id) => {
    const request = () => ask(`/boards/${id}`, { signal }).catch(() => ({ value: null })); // it may be gone again
    const { value } = await untilUnchanged(request, newest);
    if (value) put(value);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, board, membership } }) => {
    const id = board?.id ?? membership?.board_id;
    if (!id) return;
    changes += 1;
    if (action === "delete") remove(entry(id));
    else if (board && entry(id)) put(/** @type {Board} */ (board));
    else if (board?.kind !== "personal") fetchOne(id);
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  document.addEventListener("server-role:changed", load, { signal });
  return { load, stop: () => controller.abort() };
}

/** @param {Board} board */
function entryFor({ id, name, kind }) {
  const entry = clone("board-entry");
  entry.dataset.board = String(id);
  entry.dataset.kind = kind;
  for (const link of entry.querySelectorAll("a")) address(link, "href", id);
  /** @type {NodeListOf<HTMLElement>} */ const names = entry.querySelectorAll("[data-names]");
  for (const words of names) {
    words.dataset.names = String(id);
    words.textContent = name;
  }
  return entry;
}

/** @param {HTMLElement} one @param {HTMLElement} other */
function comesBefore(one, other) {
  const [rank, otherRank] = [one, other].map(({ dataset }) => {
    if (Number(dataset.board) === SHARED) return 0;
    return dataset.kind === "personal" ? 1 : 2;
  });
  if (rank !== otherRank) return rank < otherRank;
  const [name, otherName] = [one, other].map((entry) => find(entry, ".board-name").textContent.toLowerCase());
  return name < otherName;
}
