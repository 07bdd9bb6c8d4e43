/** A card: made from the blank one in the page's own template, its slots filled as text, and the note that it shows. */
import { may } from "../boards/board_role.js";
import { address, clone, find } from "../lib/elements.js";
import { toMilliseconds } from "../lib/time.js";

/** @type {WeakMap<Element, Note>} */ const shown = new WeakMap();
const NAME_LENGTH = 60;

/** @param {Element} list @returns {HTMLCollectionOf<HTMLElement>} a live one; nothing else is in the list */
export const cardsIn = (list) => /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);

/** The note on a card. @param {Element} card */
export function noteOf(card) {
  const note = shown.get(card);
  if (!note) throw new TypeError("This is no card of the board.");
  return note;
}

/** Short words for a note, in labels and messages. @param {NoteText} note */
export function nameOf(note) {
  const text = note.title || note.description || "";
  return text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH - 1)}…` : text;
}

/** @type {HTMLLIElement|undefined} */ let blank;

/** A new card that shows a note. @param {Note} note */
export function cardFor(note) {
  blank ??= clone("note-card", HTMLLIElement); // to copy a card is cheaper than to import it again
  const card = /** @type {HTMLLIElement} */ (blank.cloneNode(true));
  fill(card, note);
  return card;
}

/** Read the note from a card that the server rendered. @param {HTMLElement} card @returns {Note} */
export function read(card) {
  const note = {
    id: Number(card.dataset.id),
    version: Number(card.dataset.version),
    title: textOf(find(card, ".title")),
    description: textOf(find(card, ".description")),
    done: "done" in card.dataset,
    updated_at: find(card, "time", HTMLTimeElement).dateTime,
  };
  find(card, ".done-box", HTMLInputElement).checked = note.done; // browsers restore ticks across a reload
  shown.set(card, note);
  return note;
}

/** The server marks what a search found for pages without scripts; search_highlights.js does it here. @param {HTMLElement} slot */
function textOf(slot) {
  if (slot.firstElementChild) slot.replaceChildren(slot.textContent);
  return slot.textContent || null;
}

/** Put a note's values into a card's slots. @param {HTMLElement} card @param {Note} note */
export function fill(card, note) {
  if (shown.get(card)?.id !== note.id) number(card, note.id);
  card.dataset.version = String(note.version);
  card.toggleAttribute("data-done", note.done);
  write(find(card, ".title"), note.title ?? "");
  write(find(card, ".description"), note.description ?? "");
  const time = find(card, "time", HTMLTimeElement);
  time.dateTime = toMilliseconds(note.updated_at);
  time.textContent = `${note.updated_at.slice(0, 16).replace("T", " ")} UTC`;
  const name = nameOf(note);
  const box = find(card, ".done-box", HTMLInputElement);
  box.checked = note.done;
  box.disabled = !may("ticker");
  box.setAttribute("aria-label", `Done: ${name}`);
  find(card, ".edit-link").setAttribute("aria-label", `Edit: ${name}`);
  find(card, ".delete-button").setAttribute("aria-label", `Delete: ${name}`);
  shown.set(card, note);
}

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} card @param {number} id */
function number(card, id) {
  card.id = `note-${id}`;
  card.dataset.id = String(id);
  find(card, ".done-form").id = `done-${id}`;
  address(find(card, ".done-form"), "action", id);
  address(find(card, ".delete-form"), "action", id);
  address(find(card, ".edit-link"), "href", id);
}
