/** A note's card: a copy of the blank one in the page's template, its slots filled as text. */
import { allow } from "../boards/board_role.js";
import { address, clone, find } from "../lib/elements.js";
import { toMilliseconds } from "../lib/time.js";
import { showNameOf } from "../shell/user_names.js";
import { readLabels, showLabels } from "./labels/note_labels.js";
import { withoutIcons } from "./card/card_icons.js";
import { removeMarks, showContent } from "./card/note_content.js";
import { showThread } from "./card/note_thread.js";

/** @type {WeakMap<Element, Note>} */ const shown = new WeakMap();
const NAME_LENGTH = 60;

/** The note on a card. @param {Element} card */
export function noteOf(card) {
  const note = shown.get(card);
  if (!note) throw new TypeError("This is no card of the board.");
  return note;
}

/** The note that the page shows under an id. @param {number} id */
export function shownNote(id) {
  const card = document.getElementById(`note-${id}`);
  return card ? shown.get(card) : undefined;
}

/** A short name of a note, for labels and messages. @param {NoteText} note */
export function nameOf(note) {
  const text = note.title || note.description || "";
  return text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH - 1)}…` : text;
}

/** @type {HTMLElement|undefined} */ let blank;

/** A new card that shows a note. @param {Note} note */
export function cardFor(note) {
  blank ??= withoutIcons(clone("note-card", HTMLLIElement));
  const card = /** @type {HTMLElement} */ (blank.cloneNode(true));
  fill(card, note);
  return card;
}

/** Read the note from a card that the server rendered. @param {HTMLElement} card @returns {Note} */
export function read(card) {
  const time = find(card, "time", HTMLTimeElement);
  /** @type {Record<string, unknown>} */ const values = {};
  for (const slot of slots(card, "field")) values[slot.dataset.field ?? ""] = textOf(slot);
  for (const control of slots(card, "flag")) {
    const flag = control.dataset.flag ?? "";
    values[flag] = card.hasAttribute(`data-${flag}`);
    showFlag(control, card.hasAttribute(`data-${flag}`)); // browsers restore ticks across a reload
  }
  values.archived_at = card.dataset.archived ?? null;
  values.colour = card.dataset.colour;
  values.labels = readLabels(card);
  removeMarks(card);
  const { id, version, rank, created: created_at, doneAt: done_at } = card.dataset;
  const about = { id: Number(id), version: Number(version), rank, created_at, done_at, updated_at: time.dateTime };
  const note = /** @type {Note} */ ({ ...values, ...about });
  shown.set(card, note);
  return note;
}

/** The server marks search results for pages without scripts; search_highlights.js does it here. @param {HTMLElement} slot */
function textOf(slot) {
  if (slot.firstElementChild) slot.replaceChildren(slot.textContent);
  return slot.textContent || null;
}

/** Put a note's values into a card's slots. @param {HTMLElement} card @param {Note} note */
export function fill(card, note) {
  if (shown.get(card)?.id !== note.id) number(card, note.id);
  card.dataset.version = String(note.version);
  for (const slot of slots(card, "field")) {
    write(slot, String(note[/** @type {keyof NoteText} */ (slot.dataset.field)] ?? ""));
  }
  for (const control of slots(card, "flag")) {
    const flag = control.dataset.flag ?? "";
    card.toggleAttribute(`data-${flag}`, hasFlag(note, flag));
    showFlag(control, hasFlag(note, flag));
    allow(control);
  }
  if (note.archived_at) card.dataset.archived = toMilliseconds(note.archived_at);
  card.dataset.colour = note.colour ?? "none"; // an event of an earlier version lacks it
  showContent(card, note);
  showLabels(card, note);
  showThread(card, note);
  allow(find(card, ".talk-button"));
  find(card, ".colour-link").dataset.label =
    note.colour && note.colour !== "none" ? `Colour (${note.colour})` : "Colour";
  for (const slot of slots(card, "author")) showNameOf(slot, authorIn(note, slot.dataset.author ?? ""));
  const name = nameOf(note);
  for (const control of slots(card, "label")) control.setAttribute("aria-label", `${control.dataset.label}: ${name}`);
  const time = find(card, "time", HTMLTimeElement);
  time.dateTime = toMilliseconds(note.updated_at);
  time.textContent = `${note.updated_at.slice(0, 16).replace("T", " ")} UTC`;
  shown.set(card, note);
}

/** The id of the user to name; who ticked a note off is not named twice. @param {Note} note @param {string} name */
function authorIn({ updated_by, done_by }, name) {
  if (name === "done_by") return done_by;
  return updated_by === done_by ? null : updated_by;
}

/** The elements of a card for fields, flags, users, or labels. @param {Element} card @param {"field"|"flag"|"author"|"label"} kind */
const slots = (card, kind) => /** @type {NodeListOf<HTMLElement>} */ (card.querySelectorAll(`[data-${kind}]`));

/** @param {Note} note an event of an earlier version may lack the flag @param {string} flag */
export const hasFlag = (note, flag) =>
  Boolean(flag === "archived" ? note.archived_at : note[/** @type {NoteFlag} */ (flag)]);

/** @param {HTMLElement} control a box, or a button that sends the other value @param {boolean} value */
export function showFlag(control, value) {
  if (control instanceof HTMLInputElement) control.checked = value;
  if (!(control instanceof HTMLButtonElement)) return;
  control.ariaPressed = String(value);
  control.value = String(!value);
}

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} card @param {number} id */
function number(card, id) {
  card.id = `note-${id}`;
  card.dataset.id = String(id);
  for (const form of card.querySelectorAll("form")) address(form, "action", id);
  for (const link of card.querySelectorAll("a:is(.icon-button, .history-link)")) address(link, "href", id);
}
