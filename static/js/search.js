/** Search while typing, with the meaning of the API's `q`: every word, in the title or the text, whatever its case. */
import { cardsIn, noteOf } from "./card.js";
import { fold, words } from "./casefold.js";
import { find } from "./elements.js";
import { handOn } from "./focus.js";
import { emit } from "./messages.js";

const TYPING_MS = 400; // browsers limit how often an address may change

/** @type {WeakMap<Note, string>} */ const folded = new WeakMap();

/** @param {HTMLFormElement} element @param {HTMLElement} list */
export function start(element, list) {
  const over = new AbortController();
  const heard = { signal: over.signal };
  const field = find(element, "[name=q]", HTMLInputElement);
  /** @type {string[]} */ let wanted = [];
  let frame = 0;
  let timer = 0;

  /** @param {HTMLElement} card */
  const show = (card) => {
    const hide = !matches(noteOf(card), wanted) && !("editing" in card.dataset);
    if (card.hidden === hide) return;
    handOn(card, () => {
      card.hidden = hide;
    });
  };
  const showAll = () => {
    for (const card of cardsIn(list)) show(card);
    emit(list, "notes:filtered", { query: field.value.trim() });
  };
  const search = () => {
    wanted = words(field.value);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(showAll);
    clearTimeout(timer);
    timer = setTimeout(address, TYPING_MS);
  };
  /** The address finds the search again. */
  const address = () => {
    const q = field.value.trim();
    const url = new URL(location.href);
    url.search = q && String(new URLSearchParams({ q }));
    history.replaceState(history.state, "", url);
  };
  /** @param {KeyboardEvent} event */
  const press = ({ key }) => {
    if (key !== "Escape") return;
    field.value = "";
    search();
    field.blur();
  };
  /** @param {Event} event */
  const go = (event) => {
    event.preventDefault();
    [...cardsIn(list)].find((card) => card.checkVisibility())?.focus();
  };

  element.addEventListener("submit", go, heard);
  field.addEventListener("input", search, heard);
  field.addEventListener("keydown", press, heard);
  list.addEventListener("note:changed", ({ target }) => wanted.length && show(target), heard);
  list.addEventListener("editor:closed", ({ target }) => target.isConnected && show(target), heard);
  if (field.value) {
    wanted = words(field.value);
    showAll();
  }
  return () => over.abort();
}

/** @param {Note} note @param {string[]} wanted */
function matches(note, wanted) {
  if (!wanted.length) return true;
  const text = folded.get(note) ?? fold(`${note.title ?? ""}\n${note.description ?? ""}`);
  folded.set(note, text);
  return wanted.every((word) => text.includes(word));
}
