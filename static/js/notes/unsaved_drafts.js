/**
 * Stores typed text that was not saved: a toast offers it at once, and the note's card until it is resumed or
 * discarded.
 */
import { scope } from "../boards/current_board.js";
import { around, clone, find } from "../lib/elements.js";
import { emit, toast } from "../lib/page_events.js";
import { store, stored, numbersAfter } from "../lib/storage.js";
import { cardsIn } from "./layout/note_chunks.js";
import { noteOf } from "./note_card.js";
import { sameText } from "./note_text.js";

/** @param {number} id of the note @returns {Draft[]} the latest last */
const asideOf = (id) => stored(`${scope}aside:${id}`) ?? [];

/** @param {HTMLElement} card @param {Draft} draft @param {string} words of the toast */
export function setDraftAside(card, draft, words) {
  const { id } = noteOf(card);
  if (sameText(draft, draft.base)) return;
  forget(id, draft);
  store(`${scope}aside:${id}`, [...asideOf(id), draft]);
  offerBack(id, draft, words);
}

/** The note was deleted: its text is still offered. @param {NoteText} text @param {() => void} used */
export function offerText(text, used) {
  const run = () => {
    emit(document, "composer:use", text);
    used();
  };
  toast("A note that you were editing has been deleted.", { label: "Use the text", run });
}

/** @param {HTMLElement} element the page's main */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @param {MouseEvent} event */
  const click = (event) => {
    const [button, card] = [around(event, ".note-aside button"), around(event, ".note")];
    if (!button || !card) return;
    const { id } = noteOf(card);
    const draft = asideOf(id).at(-1);
    if (!draft) show(card);
    else if (button.matches(".aside-back")) resumeDraft(id, draft);
    else drop(card, draft);
  };
  const loaded = () => {
    for (const id of numbersAfter(`${scope}aside:`)) {
      if (document.getElementById(`note-${id}`)) continue;
      for (const draft of asideOf(id)) offerText(draft, () => forget(id, draft));
    }
  };

  element.addEventListener("click", click, { signal });
  element.addEventListener("note:changed", ({ target, detail }) => detail.before || show(target), { signal });
  element.addEventListener("editor:closed", ({ target }) => show(target), { signal });
  element.addEventListener("board:loaded", loaded, { signal });
  for (const card of cardsIn(find(element, "#notes"))) show(card);
  return () => controller.abort();
}

/** Show on the card whether it has a draft. @param {HTMLElement} card */
function show(card) {
  card.querySelector(".note-aside")?.remove();
  if (asideOf(noteOf(card).id).length) card.append(clone("note-aside"));
}

/** @param {HTMLElement} card @param {Draft} draft */
function drop(card, draft) {
  const { id } = noteOf(card);
  forget(id, draft);
  card.focus({ preventScroll: true });
  show(card);
  offerBack(id, draft, "Your text was discarded.");
}

/** @param {number} id @param {Draft} draft @param {string} words */
function offerBack(id, draft, words) {
  toast(words, { label: "Restore", run: () => resumeDraft(id, draft) });
}

/** @param {number} id @param {Draft} draft */
function resumeDraft(id, draft) {
  const card = document.getElementById(`note-${id}`);
  if (!card) return;
  forget(id, draft);
  emit(card, "note:edit", draft);
  show(card);
}

/** @param {number} id @param {NoteText} text */
function forget(id, text) {
  const others = asideOf(id).filter((draft) => !sameText(draft, text));
  store(`${scope}aside:${id}`, others.length ? others : null);
}
