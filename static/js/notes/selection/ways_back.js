/** What takes a change of several notes back: as few changes as possible, each of the notes that it fits. */
import { boardId } from "../../boards/current_board.js";
import { partOf } from "../order/moves.js";
import { keyOf } from "../labels/board_labels.js";
import { hasFlag, noteOf } from "../note_card.js";

const FLAGS = ["done", "pinned", "archived"];

/**
 * The changes that give notes their former values. What somebody else has changed again since then stays.
 * @param {Note[]} before @param {Note[]} after @param {string[]} fields of the change
 * @param {(id: number) => Note|undefined} current what the page shows now; none for a note that left it
 * @returns {BulkWay[]}
 */
export function waysBack(before, after, fields, current = () => undefined) {
  const former = new Map(before.map((note) => [note.id, note]));
  /** @type {Map<string, BulkWay>} */ const ways = new Map();
  for (const note of after) {
    const own = former.get(note.id);
    const change = own && backOf(own, note, fields, current(note.id) ?? note);
    if (!change || !Object.keys(change).length) continue;
    const key = JSON.stringify(change);
    const way = ways.get(key) ?? { ids: [], change };
    way.ids.push(note.id);
    ways.set(key, way);
  }
  return [...ways.values()];
}

/** @param {Note} before @param {Note} after @param {string[]} fields @param {Note} now @returns {BulkChange} */
function backOf(before, after, fields, now) {
  /** @type {Record<string, unknown>} */ const change = {};
  for (const field of fields) {
    if (field === "deleted") change.deleted = false;
    else if (field === "labels") Object.assign(change, labelsBack(before.labels ?? [], after.labels ?? []));
    else {
      const values = [before, after, now].map((note) => fieldOf(note, field));
      if (values[0] !== values[1] && values[1] === values[2]) change[field] = values[0];
    }
  }
  return change;
}

/** @param {Note} note @param {string} field */
const fieldOf = (note, field) => (FLAGS.includes(field) ? hasFlag(note, field) : (note.colour ?? "none"));

/** @param {string[]} before @param {string[]} after @returns {BulkChange} */
function labelsBack(before, after) {
  const added = without(after, before);
  const removed = without(before, after);
  return { ...(removed.length && { labels_add: removed }), ...(added.length && { labels_remove: added }) };
}

/** @param {string[]} names @param {string[]} others */
function without(names, others) {
  const keys = new Set(others.map(keyOf));
  return names.filter((name) => !keys.has(keyOf(name)));
}

/**
 * The moves that bring cards back from another board to their places: those that follow one another at once.
 * @param {HTMLElement} list @param {HTMLElement[]} cards as they are now @param {number} target the other board
 * @returns {BulkWay[]}
 */
export function waysHome(list, cards, target) {
  const path = target === 1 ? "/notes" : `/boards/${target}/notes`;
  const leaving = new Set(cards);
  /** @type {BulkWay[]} */ const ways = [];
  const placeless = cards.filter((card) => !isPlaced(card)).map(idOf);
  if (placeless.length) ways.push({ ids: placeless, change: { board_id: boardId }, path });
  for (const part of partsWith(list, cards)) {
    /** @type {HTMLElement|null} */ let stays = null;
    /** @type {number[]} */ let run = [];
    for (const card of [...part, null]) {
      if (card && leaving.has(card)) run.push(idOf(card));
      else {
        if (run.length) ways.push({ ids: run, change: placeBetween(stays, card), path });
        run = [];
        stays = card;
      }
    }
  }
  return ways;
}

/** The parts of the board that have these cards, by rank. @param {HTMLElement} list @param {HTMLElement[]} cards */
function partsWith(list, cards) {
  /** @type {HTMLElement[][]} */ const parts = [];
  for (const card of cards) {
    if (!isPlaced(card) || parts.some((part) => part.includes(card))) continue;
    parts.push(partOf(list, card).sort((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1)));
  }
  return parts;
}

/** @param {HTMLElement} card */
const isPlaced = (card) => !noteOf(card).done && !noteOf(card).archived_at;
/** @param {HTMLElement} card */
const idOf = (card) => noteOf(card).id;
/** @param {HTMLElement} card */
const rankOf = (card) => noteOf(card).rank;

/** @param {HTMLElement|null} before @param {HTMLElement|null} after @returns {BulkChange} */
const placeBetween = (before, after) => ({
  board_id: boardId,
  ...(before && { after_id: idOf(before) }),
  ...(after && { before_id: idOf(after) }),
});
