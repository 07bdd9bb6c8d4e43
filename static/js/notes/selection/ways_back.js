/** What takes a change of several notes back: as few changes as possible, each of the notes that it fits. */
import { boardId } from "../../boards/current_board.js";
import { partOf } from "../order/moves.js";
import { hasFlag, noteOf } from "../note_card.js";

const FLAGS = ["done", "pinned", "archived"];

/** The same change of several notes is one. @param {[number, BulkChange][]} changes by the notes' ids @returns {BulkWay[]} */
export function grouped(changes) {
  /** @type {Map<string, BulkWay>} */ const ways = new Map();
  for (const [id, change] of changes) {
    const key = JSON.stringify(change);
    const way = ways.get(key) ?? { ids: [], change };
    way.ids.push(id);
    ways.set(key, way);
  }
  return [...ways.values()];
}

/**
 * The changes that give notes their former value of a field. What somebody else has changed again since then stays.
 * @param {Note[]} before @param {Note[]} after @param {string} field of the change
 * @param {(id: number) => Note|undefined} current what the page shows now; none for a note that left it
 * @returns {BulkWay[]}
 */
export function waysBack(before, after, field, current = () => undefined) {
  const former = new Map(before.map((note) => [note.id, note]));
  /** @type {[number, BulkChange][]} */ const changes = [];
  for (const note of after) {
    const own = former.get(note.id);
    if (!own) continue;
    const [old, made, now] = [own, note, current(note.id) ?? note].map((one) => fieldOf(one, field));
    if (field === "deleted") changes.push([note.id, { deleted: false }]);
    else if (old !== made && made === now) changes.push([note.id, { [field]: old }]);
  }
  return grouped(changes);
}

/** @param {Note} note @param {string} field */
const fieldOf = (note, field) => (FLAGS.includes(field) ? hasFlag(note, field) : (note.colour ?? "none"));

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
