/** Search while typing, like the API's `q`: every word, in title or text, without case and accents. */
import { find } from "../lib/elements.js";
import { handOn } from "../lib/focus.js";
import { AfterNextFrame } from "./after_next_frame.js";
import { keyOf } from "../lib/keyboard.js";
import { goTo } from "../lib/list_keys.js";
import { emit, toast } from "../lib/page_events.js";
import { fold, words } from "../lib/search_text.js";
import { isShown, nextCard } from "./layout/neighbours.js";
import { cardsIn } from "./layout/note_chunks.js";
import { noteOf } from "./note_card.js";
import { chosen } from "./note_filter.js";
import { isOwn } from "./note_requests.js";

const TYPING_MS = 400; // browsers limit how often an address may change

/** @type {WeakMap<Note, string>} */ const folded = new WeakMap();

/** @param {HTMLFormElement} element @param {HTMLElement} list */
export function start(element, list) {
  const controller = new AbortController();
  const { signal } = controller;
  const field = find(element, "[name=q]", HTMLInputElement);
  /** @type {string[]} */ let wanted = [];
  const soon = new AfterNextFrame();
  let timer = 0;

  /** @param {HTMLElement} card */
  const show = (card) => {
    const hide = !matches(noteOf(card), wanted) && !("editing" in card.dataset);
    if (card.hidden === hide) return;
    const heir = () => nextCard(card, 1) ?? nextCard(card, -1);
    handOn(card, () => card.toggleAttribute("hidden", hide), heir);
  };
  const showAll = () => {
    soon.cancel();
    for (const card of cardsIn(list)) show(card);
    emit(list, "notes:filtered", { query: field.value.trim() });
  };
  const search = () => {
    wanted = words(field.value);
    soon.run(showAll); // after the letter is there
    clearTimeout(timer);
    timer = setTimeout(address, TYPING_MS);
  };
  /** The address contains the search. */
  const address = () => {
    const q = field.value.trim();
    const url = new URL(location.href);
    const sort = url.searchParams.get("sort");
    url.search = String(new URLSearchParams({ ...(q && { q }), ...(sort && { sort }), ...Object.fromEntries(chosen) }));
    history.replaceState(history.state, "", url);
  };
  const clear = () => {
    field.value = "";
    search();
  };
  /** A note that is written during a search must not disappear silently. @param {HTMLElement} card @param {boolean} isNew */
  const showChanged = async (card, isNew) => {
    const wasShown = isNew || !card.hidden;
    show(card);
    if (!wasShown || !card.hidden || !(await isOwn("put", noteOf(card)))) return;
    const run = () => {
      clear();
      showAll();
      goTo(card);
    };
    toast(`${isNew ? "Added" : "Saved"}. It does not match the search.`, { label: "Show it", run });
  };
  /** @param {CardEvent<NoteChange>} event */
  const changed = ({ target, detail: { before, live } }) => {
    if (!wanted.length) return;
    if (live) showChanged(target, !before);
    else show(target);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape") return;
    clear();
    field.blur();
  };
  /** @param {Event} event */
  const go = (event) => {
    event.preventDefault();
    if (soon.isPending) showAll();
    cardsIn(list).find(isShown)?.focus();
  };

  element.addEventListener("submit", go, { signal });
  field.addEventListener("input", search, { signal });
  field.addEventListener("keydown", press, { signal });
  list.addEventListener("note:changed", changed, { signal });
  list.addEventListener("editor:closed", ({ target }) => target.isConnected && showChanged(target, false), { signal });
  if (field.value) {
    wanted = words(field.value);
    showAll();
  }
  return () => controller.abort();
}

/** @param {Note} note @param {string[]} wanted */
function matches(note, wanted) {
  if (!wanted.length) return true;
  const text = folded.get(note) ?? fold(`${note.title ?? ""}\n${note.description ?? ""}`);
  folded.set(note, text);
  return wanted.every((word) => text.includes(word));
}
