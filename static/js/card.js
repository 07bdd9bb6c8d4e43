/** A card: made from the blank one in the page's own template, its slots filled as text, and the note that it shows. */

/**
 * @typedef {{id: number, title: string|null, description: string|null, done: boolean, version: number,
 *   created_at?: string, updated_at: string}} Note
 */

/** @type {WeakMap<Element, Note>} */ const shown = new WeakMap();
const NAME_LENGTH = 60;

/** The note on a card, or on the card around an element. @param {Element} element @returns {Note|undefined} */
export const noteOf = (element) => shown.get(element.closest(".note"));

/** Short words for a note, in labels and messages. @param {Note} note */
export function nameOf(note) {
  const text = note.title || note.description || "";
  return text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH - 1)}…` : text;
}

/** @type {HTMLElement} */ let blank;

/** A new card that shows a note. @param {Note} note @returns {HTMLElement} */
export function cardFor(note) {
  blank ??= clone("note-card"); // to copy a card is cheaper than to import it anew
  const card = /** @type {HTMLElement} */ (blank.cloneNode(true));
  fill(card, note);
  return card;
}

/** A copy of what a template holds. @param {string} id @returns {any} */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return document.importNode(template.content, true).firstElementChild;
}

/** Read the note from a card that the server rendered. @param {HTMLElement} card @returns {Note} */
export function read(card) {
  const note = {
    id: Number(card.dataset.id),
    version: Number(card.dataset.version),
    title: card.querySelector(".title").textContent || null,
    description: card.querySelector(".description").textContent || null,
    done: "done" in card.dataset,
    updated_at: card.querySelector("time").dateTime,
  };
  card.querySelector(".done-box").checked = note.done; // browsers restore ticks across a reload
  shown.set(card, note);
  return note;
}

/** Put a note's values into a card's slots. @param {HTMLElement} card @param {Note} note */
export function fill(card, note) {
  const slot = (name) => card.querySelector(name);
  if (shown.get(card)?.id !== note.id) address(card, note.id);
  card.dataset.version = String(note.version);
  card.toggleAttribute("data-done", note.done);
  write(slot(".title"), note.title ?? "");
  write(slot(".description"), note.description ?? "");
  slot(".done-box").checked = note.done;
  const time = slot("time");
  time.dateTime = note.updated_at;
  time.textContent = `${note.updated_at.slice(0, 16).replace("T", " ")} UTC`;
  const name = nameOf(note);
  slot(".done-box").setAttribute("aria-label", `Done: ${name}`);
  slot(".edit-link").setAttribute("aria-label", `Edit: ${name}`);
  slot(".delete-button").setAttribute("aria-label", `Delete: ${name}`);
  shown.set(card, note);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} card @param {number} id */
function address(card, id) {
  card.id = `note-${id}`;
  card.querySelector(".done-form").id = `done-${id}`;
  card.dataset.id = String(id);
  const swap = (element, attribute) => {
    element.setAttribute(attribute, element.getAttribute(attribute).replace(/\/0(\/\w+)$/, `/${id}$1`));
  };
  swap(card.querySelector(".done-form"), "action");
  swap(card.querySelector(".delete-form"), "action");
  swap(card.querySelector(".edit-link"), "href");
}
