/**
 * Cards of the notes that messages link to: live, with their ticks, also on the board that a note was moved to.
 *
 * 1. Each reader asks for boards and notes with their own rights; of a board that they do not see, the link stays a link. 2. A
 * board's topic is added before its notes are fetched, so no change of theirs is missed. 3. A state of a note is shown
 * only if it is newer than the known one. 4. A text that is being written has no cards.
 */
import { ask, explain, Problem, pages, send } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { viewer } from "../shell/viewer.js";
import { cardFor, fill, linksIn, removeCard } from "./note_links.js";

const BOARDS_MAX = 20; // of which a page has cards: each is a topic of its connection
const GROWING = ":is([data-answer=waiting], [data-answer=writing])";
const MESSAGE = ".message, .message-row";
const TICKING = ["ticker", "editor", "owner"];

/** @typedef {import("./note_links.js").Target} Target */
/** @typedef {{note: Note|null, version: number, boardId: number}} Known boardId: where it is, or was last */

/**
 * @param {HTMLElement} element the list of messages @param {ExpectingFeed} feed
 * @param {(change: () => void) => void} keeping changes sizes, and keeps what is in sight
 */
export function start(element, feed, keeping = (change) => change()) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Promise<Map<number, Board>>|undefined} the boards that the viewer sees, with their role */ let seen;
  /** @type {Set<number>} the boards whose topics were added */ const boards = new Set();
  /** @type {Map<number, Known>} by note */ const known = new Map();
  /** @type {Map<number, Promise<void>>} */ const loading = new Map();

  /** @param {ParentNode} place */
  const scan = (place = element) => {
    const items = place instanceof HTMLElement && place.matches(MESSAGE) ? [place] : place.querySelectorAll(MESSAGE);
    for (const item of items)
      if (!item.matches(GROWING)) for (const [link, target] of linksIn(item)) show(link, target);
  };
  /** @param {HTMLAnchorElement} link @param {Target} target */
  const show = async (link, target) => {
    const visible = await seenBoard(target.boardId);
    if (visible && !known.has(target.noteId)) await load(target);
    const state = known.get(target.noteId);
    const board = state && (await seenBoard(state.boardId));
    if (!link.isConnected) return;
    keeping(() =>
      visible && state
        ? fill(cardFor(link), board ? state.note : null, TICKING.includes(board?.role ?? ""), board?.tick)
        : removeCard(link),
    );
  };
  /** A board that the viewer sees, followed from now on; nothing where they see none. @param {number} boardId */
  const seenBoard = async (boardId) => {
    seen ??= fetchBoards();
    const board = (await seen).get(boardId);
    if (!board || boards.has(boardId)) return board;
    if (boards.size >= BOARDS_MAX) return undefined;
    boards.add(boardId);
    feed.addTopics([`board:${boardId}`]);
    return board;
  };
  const viewed = viewer ? `person_id=${viewer}` : "";
  const fetchBoards = async () => {
    /** @type {Map<number, Board>} */ const found = new Map();
    const work = async () => {
      for await (const page of pages(`/boards?${viewed}`, signal)) for (const board of page) found.set(board.id, board);
    };
    await retryUntilDone(work, feed, signal);
    return found;
  };
  /** @param {Target} target where it is expected */
  const load = ({ boardId, noteId }) => {
    const work = async () => {
      const note = (await fetchFrom(boardId, noteId)) ?? (await fetchMoved(noteId));
      accept(noteId, note, note?.board_id ?? boardId);
    };
    const done = loading.get(noteId) ?? retryUntilDone(work, feed, signal).then(() => void loading.delete(noteId));
    loading.set(noteId, done);
    return done;
  };
  /** @param {number} boardId @param {number} noteId @returns {Promise<Note|null>} */
  const fetchFrom = async (boardId, noteId) => {
    // A list: a note that is not there is no error.
    const { value } = await ask(`/boards/${boardId}/notes?after_id=${noteId - 1}&limit=1&archived=any`, { signal });
    return value[0]?.id === noteId ? value[0] : null;
  };
  /** From the board that it is on now, if the viewer sees that. @param {number} noteId @returns {Promise<Note|null>} */
  const fetchMoved = async (noteId) => {
    const { value } = await ask(`/boards?note_id=${noteId}&${viewed}`, { signal });
    if (!value[0]) return null;
    seen = seen?.then((found) => found.set(value[0].id, value[0]));
    await seenBoard(value[0].id);
    return fetchFrom(value[0].id, noteId);
  };
  /** @param {number} noteId @param {Note|null} note @param {number} boardId @returns {boolean} whether it is news */
  const accept = (noteId, note, boardId, version = note?.version ?? 0) => {
    const before = known.get(noteId);
    if (before && version < before.version) return false;
    known.set(noteId, { note, version, boardId });
    return true;
  };
  /** @param {FeedEventMap["change"]} event */
  const changed = ({ detail: { action, note, topic = "", membership, board } }) => {
    if (membership || board) checkRoles();
    if (!note || !known.has(note.id)) return;
    const target = { boardId: Number(topic.slice("board:".length)), noteId: note.id };
    if (action !== "delete") {
      if (accept(note.id, note, target.boardId)) scan();
    } else if (accept(note.id, null, target.boardId, note.version)) load(target).then(() => scan()); // it may have moved
  };
  /** The viewer's rights may have changed. */
  const checkRoles = () => {
    seen = undefined;
    for (const [id, { note }] of known) if (!note) known.delete(id);
    scan();
  };
  /** @param {CustomEvent<string[]>} event topics that are not allowed any more */
  const denied = ({ detail }) => detail.some((topic) => topic.startsWith("board:")) && checkRoles();
  const reload = () => {
    known.clear();
    checkRoles();
  };
  /** @param {Event} event */
  const tick = async (event) => {
    const box = around(event, ".linked-note input", HTMLInputElement);
    const link = box?.closest(".linked-note")?.previousSibling;
    const item = around(event, MESSAGE);
    const found = item && linksIn(item).find(([one]) => one === link);
    if (!box || !found) return;
    const { noteId } = found[1];
    const boardId = known.get(noteId)?.boardId ?? found[1].boardId;
    try {
      const { eventId } = await send("PATCH", `/boards/${boardId}/notes/${noteId}`, { done: box.checked });
      feed.expectEvent(eventId);
    } catch (caught) {
      box.checked = !box.checked;
      toast(explain(Problem.of(caught)));
    }
  };

  element.addEventListener("change", tick, { signal });
  element.addEventListener("message:changed", ({ target }) => scan(/** @type {HTMLElement} */ (target)), { signal });
  element.addEventListener("messages:loaded", () => scan(), { signal });
  feed.addEventListener("change", changed, { signal });
  feed.addEventListener("reset", reload, { signal });
  feed.addEventListener("denied", denied, { signal });
  scan();
  return () => controller.abort();
}
