/**
 * Cards of the notes that messages link to: live, with their ticks.
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
/** @typedef {{note: Note|null, version: number}} Known */

/**
 * @param {HTMLElement} element the list of messages @param {ExpectingFeed} feed
 * @param {(change: () => void) => void} keeping changes sizes, and keeps what is in sight
 */
export function start(element, feed, keeping = (change) => change()) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Promise<Map<number, string>>|undefined} the viewer's role by board, of those that they see */ let roles;
  /** @type {Set<number>} the boards whose topics were added */ const boards = new Set();
  /** @type {Map<string, Known>} */ const known = new Map();
  /** @type {Map<string, Promise<void>>} */ const loading = new Map();

  /** @param {ParentNode} place */
  const scan = (place = element) => {
    const items = place instanceof HTMLElement && place.matches(MESSAGE) ? [place] : place.querySelectorAll(MESSAGE);
    for (const item of items)
      if (!item.matches(GROWING)) for (const [link, target] of linksIn(item)) show(link, target);
  };
  /** @param {HTMLAnchorElement} link @param {Target} target */
  const show = async (link, target) => {
    const role = await roleOn(target.boardId);
    if (role && !known.has(keyOf(target))) await load(target);
    if (!link.isConnected) return;
    const state = known.get(keyOf(target));
    keeping(() => (role && state ? fill(cardFor(link), state.note, TICKING.includes(role ?? "")) : removeCard(link)));
  };
  /** The viewer's role on a board, or nothing where they see none. @param {number} boardId */
  const roleOn = async (boardId) => {
    roles ??= fetchRoles();
    const role = (await roles).get(boardId);
    if (!role || boards.has(boardId)) return role;
    if (boards.size >= BOARDS_MAX) return undefined;
    boards.add(boardId);
    feed.addTopics([`board:${boardId}`]);
    return role;
  };
  const fetchRoles = async () => {
    /** @type {Map<number, string>} */ const found = new Map();
    const work = async () => {
      const path = `/boards${viewer ? `?person_id=${viewer}` : ""}`;
      for await (const page of pages(path, signal)) for (const { id, role } of page) found.set(id, role);
    };
    await retryUntilDone(work, feed, signal);
    return found;
  };
  /** @param {Target} target */
  const load = (target) => {
    const { boardId, noteId } = target;
    const work = async () => {
      // A list: a note that is not there is no error.
      const { value } = await ask(`/boards/${boardId}/notes?after_id=${noteId - 1}&limit=1`, { signal });
      accept(target, value[0]?.id === noteId ? value[0] : null);
    };
    const key = keyOf(target);
    const done = loading.get(key) ?? retryUntilDone(work, feed, signal).then(() => void loading.delete(key));
    loading.set(key, done);
    return done;
  };
  /** @param {Target} target @param {Note|null} note @returns {boolean} whether it is news */
  const accept = (target, note, version = note?.version ?? 0) => {
    const before = known.get(keyOf(target));
    if (before && version < before.version) return false;
    known.set(keyOf(target), { note, version });
    return true;
  };
  /** @param {FeedEventMap["change"]} event */
  const changed = ({ detail: { action, note, topic = "", membership } }) => {
    if (membership) checkRoles();
    const target = note && { boardId: Number(topic.slice("board:".length)), noteId: note.id };
    if (!target || !known.has(keyOf(target))) return;
    if (accept(target, action === "delete" ? null : note, note.version)) scan();
  };
  /** The viewer's rights may have changed. */
  const checkRoles = () => {
    roles = undefined;
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
    const { boardId, noteId } = found[1];
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

/** @param {Target} target */
const keyOf = ({ boardId, noteId }) => `${boardId}/${noteId}`;
