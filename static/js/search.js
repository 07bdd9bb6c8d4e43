/** Search while typing, with the meaning of the API's `q`: every word, in the title or the text, whatever its case. */
import { noteOf } from "./card.js";
import { fold, words } from "./casefold.js";

const TYPING_MS = 400; // browsers limit how often an address may change

/** @type {WeakMap<object, string>} */ const folded = new WeakMap();

/** @param {HTMLFormElement} element @param {HTMLElement} list */
export function start(element, list) {
  const over = new AbortController();
  const field = element.elements.q;
  let wanted = [];
  let frame = 0;
  let timer = 0;

  const show = (card) => {
    const hide = !matches(noteOf(card), wanted) && !("editing" in card.dataset);
    if (card.hidden !== hide) card.hidden = hide;
  };
  const showAll = () => {
    for (const card of list.children) show(card);
    list.dispatchEvent(new CustomEvent("notes:filtered", { bubbles: true, detail: { query: field.value.trim() } }));
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
  const press = ({ key }) => {
    if (key !== "Escape") return;
    field.value = "";
    search();
    field.blur();
  };
  const go = (event) => {
    event.preventDefault();
    [...list.children].find((card) => card.checkVisibility())?.focus();
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  listen(element, "submit", go);
  listen(field, "input", search);
  listen(field, "keydown", press);
  listen(list, "note:changed", ({ target }) => wanted.length && show(target));
  listen(list, "editor:closed", ({ target }) => target.isConnected && show(target));
  if (field.value) {
    wanted = words(field.value);
    showAll();
  }
  return () => over.abort();
}

function matches(note, wanted) {
  if (!wanted.length) return true;
  if (!folded.has(note)) folded.set(note, fold(`${note.title ?? ""}\n${note.description ?? ""}`));
  const text = folded.get(note);
  return wanted.every((word) => text.includes(word));
}
