/** The counts above the board, and the texts of an empty board. */
import { find } from "../lib/elements.js";
import { announce } from "../lib/page_events.js";
import { cardsIn, countCards } from "./layout/note_chunks.js";
import { noteOf } from "./note_card.js";
import { chosen } from "./note_filter.js";

const TYPING_MS = 600; // the count of a search is read out when the typing rests

/** @param {HTMLElement} element the page's main @param {HTMLElement} list */
export function start(element, list) {
  const controller = new AbortController();
  const { signal } = controller;
  const text = find(element, "#summary");
  const foldButton = find(element, "#fold-button");
  const doneCount = find(foldButton, ".done-count");
  const emptyBoard = find(element, "#empty-board");
  const emptyFilter = find(element, "#empty-filter");
  const emptySearch = find(element, "#empty-search");
  let query = find(document, "#search-field", HTMLInputElement).value.trim();
  /** @type {Set<HTMLElement>} cards of notes that are done */ const doneCards = new Set();
  const masonry = Masonry.of(list);
  let frame = 0;
  let timer = 0;

  /** No card is visited: there may be thousands, and changes every second. */
  const count = () => {
    const total = countCards(list);
    const done = doneCards.size;
    const found = query ? masonry.found : total;
    const loading = list.ariaBusy === "true";
    // Until all notes are loaded, the server's count is right.
    if (query) write(`${found} of ${total} notes`);
    else if (!loading) write(`${total - done} open, ${done} done`);
    foldButton.hidden = !done;
    if (!loading) doneCount.textContent = String(done);
    emptyBoard.hidden = total > 0 || loading || chosen.size > 0;
    emptyFilter.hidden = total > 0 || loading || !chosen.size;
    emptySearch.hidden = !query || !total || found > 0 || loading;
    element.querySelector("#pages")?.toggleAttribute("hidden", !loading);
  };
  /** @param {string} words */
  const write = (words) => {
    if (text.textContent !== words) text.textContent = words;
  };
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(count);
  };
  /** @param {HTMLElement} card */
  const sort = (card) => {
    if (noteOf(card).done) doneCards.add(card);
    else doneCards.delete(card);
  };
  /** @param {CardEvent} event */
  const changed = ({ target }) => {
    sort(target);
    soon();
  };
  const deleted = () => {
    for (const card of doneCards) if (!card.isConnected) doneCards.delete(card);
    soon();
  };
  /** @param {BoardEvents["notes:filtered"]} event */
  const filtered = ({ detail }) => {
    query = detail.query;
    element.querySelector("#clear-search")?.remove();
    soon();
    clearTimeout(timer);
    if (query) timer = setTimeout(() => announce(text.textContent), TYPING_MS);
  };

  cardsIn(list).forEach(sort);
  list.addEventListener("note:changed", changed, { signal });
  list.addEventListener("note:deleted", deleted, { signal });
  element.addEventListener("board:loaded", soon, { signal });
  element.addEventListener("notes:filtered", filtered, { signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
