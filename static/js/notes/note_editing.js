/** Editing in place: the cards with an editor, and the drafts in storage. */
import { may } from "../boards/board_role.js";
import { notesPath } from "../boards/current_board.js";
import { ask, Problem } from "../lib/api.js";
import { around } from "../lib/elements.js";
import { isPlain } from "../lib/keyboard.js";
import { store, stored, numbersAfter } from "../lib/storage.js";
import { noteOf } from "./note_card.js";
import { NoteEditor } from "./note_editor.js";
import { DRAFTS, draftKey } from "./note_text.js";
import { offerText } from "./unsaved_drafts.js";

const CONTROLS = "a, button, input, label, select, textarea, summary";
const LINES_MAX = 12; // of a text that is edited in its card
const LENGTH_MAX = 600; // characters of such a text
const PHONE = "(width < 46rem)"; // there the keyboard covers half of the screen
const CLICK_DISTANCE_MAX = 5; // pixels that the pointer moves in a click

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Map<Element, NoteEditor>} */ const editors = new Map();

  /** Open the editor of a card. @param {HTMLElement} card @param {Draft|null} draft to begin with @param {boolean} inSheet */
  const open = (card, draft, inSheet) => {
    if (editors.has(card)) return;
    editors.set(card, new NoteEditor(card, feed, draft, () => editors.delete(card), inSheet));
  };
  /** The same, to type in it. @param {HTMLElement} card @param {Draft|null} draft */
  const edit = (card, draft = stored(draftKey(noteOf(card).id))) => {
    open(card, draft, needsSheet(draft ?? noteOf(card)));
    editors.get(card)?.form.focus();
  };
  /** Reopen a draft in its card, without focus. @param {HTMLElement} card */
  const resume = (card) => {
    const draft = stored(draftKey(noteOf(card).id));
    if (draft) open(card, draft, false);
  };
  const resumeAll = () => {
    for (const id of numbersAfter(DRAFTS)) {
      const card = document.getElementById(`note-${id}`);
      const draft = stored(draftKey(id));
      if (card) resume(card);
      else if (draft) offerIfDeleted(id, draft);
    }
  };
  /** Of a note that is not on this page: it may be in the archive, or excluded by a filter. @param {number} id @param {Draft} draft */
  const offerIfDeleted = async (id, draft) => {
    try {
      await ask(`${notesPath}/${id}`, { signal });
    } catch (caught) {
      if (Problem.of(caught).status === 404) offerText(draft, () => store(draftKey(id), null));
    }
  };
  /** Resume a draft; the text in the editor is set aside. @param {CardEvent<Draft>} event */
  const resumeDraft = ({ target, detail }) => {
    editors.get(target)?.setDraftAside();
    edit(target, detail);
  };
  /** @param {CardEvent<NoteChange>} event */
  const changed = ({ target, detail: { note, before } }) => {
    if (!before) resume(target);
    else editors.get(target)?.newer(note);
  };
  /** @type {PointerEvent|null} */ let pressed = null;
  /** @param {PointerEvent} event */
  const press = (event) => {
    pressed = event;
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const card = isPlain(event) && around(event, ".note");
    if (!card || !(around(event, ".edit-link") || (may("editor") && isOnText(event, pressed)))) return;
    event.preventDefault();
    edit(card);
  };

  element.addEventListener("click", click, { signal });
  element.addEventListener("pointerdown", press, { signal });
  element.addEventListener("note:edit", resumeDraft, { signal });
  element.addEventListener("note:changed", changed, { signal });
  element.addEventListener("note:deleting", ({ target }) => editors.get(target)?.noteDeleted(), { signal });
  element.addEventListener("board:loaded", resumeAll, { signal });
  /** @type {NodeListOf<HTMLElement>} */ const cards = element.querySelectorAll(".note");
  cards.forEach(resume);
  return () => controller.abort();
}

/** Whether a click is on a card's text and does not end a selection in it. @param {MouseEvent} event @param {PointerEvent|null} pressed */
function isOnText(event, pressed) {
  if (!around(event, ".note-body") || around(event, CONTROLS, Element) || event.defaultPrevented) return false;
  const distance = pressed ? Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) : 0;
  return distance <= CLICK_DISTANCE_MAX && getSelection()?.isCollapsed !== false;
}

/** Whether a text is edited in a sheet; a shorter one in its card. @param {NoteText} text */
function needsSheet({ description }) {
  const text = description ?? "";
  return matchMedia(PHONE).matches || text.length > LENGTH_MAX || text.split("\n").length > LINES_MAX;
}
