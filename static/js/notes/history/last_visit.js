/**
 * What others changed since the viewer's last visit: cards are marked until they have been seen. What was seen, by board, is a
 * preference, so that it is the same in all browsers of a user (web/last_visit.py).
 */
import { boardId } from "../../boards/current_board.js";
import { prefer } from "../../shell/preferences.js";
import { viewer } from "../../shell/viewer.js";

const KEY = "boards_seen";
const BOARDS_MAX = 100;
const LOOK_MS = 1500; // in sight for that long, a card has been seen

/** @param {HTMLFormElement} form "since you were here", of this board @param {HTMLElement} list */
export function start(form, list) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Record<string, string>} */ let boards = JSON.parse(form.dataset.boards ?? "{}");
  const at = /** @type {HTMLInputElement} */ (form.elements.namedItem("at"));
  const since = form.dataset.seen ? Date.parse(form.dataset.seen) : Number.POSITIVE_INFINITY;
  let newest = Date.parse(at.value); // as of when the page knows the board
  let saved = form.dataset.seen ? newest : 0;
  /** @type {Map<Element, ReturnType<typeof setTimeout>|undefined>} cards that were not in sight yet */ const unseen =
    new Map();

  /** @param {boolean} [leaving] */
  const save = (leaving = false) => {
    if (unseen.size || saved >= newest) return;
    saved = newest;
    const seen = new Date(newest + 1).toISOString(); // the server's times are finer
    const all = Object.entries({ ...boards, [boardId]: seen }).sort(
      ([, one], [, other]) => Date.parse(one) - Date.parse(other),
    );
    boards = Object.fromEntries(all.slice(-BOARDS_MAX));
    prefer(KEY, boards, leaving);
  };
  const saw = (/** @type {Element} */ card) => {
    clearTimeout(unseen.get(card));
    observer.unobserve(card);
    if (unseen.delete(card)) save();
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!unseen.has(target)) continue;
      clearTimeout(unseen.get(target));
      unseen.set(target, isIntersecting && !document.hidden ? setTimeout(saw, LOOK_MS, target) : undefined);
    }
  });
  /** @param {Element} card */
  const mark = (card) => {
    card.toggleAttribute("data-unseen", true);
    if (unseen.has(card)) return;
    saved = Math.min(saved, newest - 1); // there is something to be seen, so something to save then
    unseen.set(card, undefined);
    observer.observe(card);
  };
  const forget = () => {
    for (const card of list.querySelectorAll("[data-unseen]")) card.toggleAttribute("data-unseen", false);
    for (const card of [...unseen.keys()]) saw(card);
    form.hidden = true;
  };
  /** @param {CardEvent<NoteChange>} event */
  const onChange = ({ target, detail: { note, live } }) => {
    if (note.updated_by === viewer) return;
    const changed = Date.parse(note.updated_at);
    if (live) newest = Math.max(newest, changed);
    if (live ? document.hidden : changed > since) mark(target);
  };
  const onVisibility = () => {
    if (document.hidden) return save(true);
    for (const card of unseen.keys()) {
      observer.unobserve(card); // to be told again whether it is in sight
      observer.observe(card);
    }
  };
  /** @param {PageEvents["preference"]} event */
  const onPreference = ({ detail: { key, value } }) => {
    if (key !== KEY || !value) return;
    boards = /** @type {Record<string, string>} */ (value);
    if (Date.parse(boards[boardId] ?? "") > newest) forget(); // seen in another window
  };

  for (const card of list.querySelectorAll("[data-unseen]")) mark(card);
  list.addEventListener("note:changed", onChange, { signal });
  list.addEventListener("note:deleting", ({ target }) => saw(target), { signal });
  document.addEventListener("visibilitychange", onVisibility, { signal });
  document.addEventListener("preference", onPreference, { signal });
  addEventListener("pagehide", () => save(true), { signal });
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      forget();
    },
    { signal },
  );
  save();
  return () => {
    controller.abort();
    observer.disconnect();
  };
}
