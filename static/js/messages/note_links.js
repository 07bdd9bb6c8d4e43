/** Finds the links to notes in messages, and shows cards in their places. The link stays, hidden, for the next version of the text. */
import { clone, find } from "../lib/elements.js";

const CARDS_MAX = 3; // in a message
const { root = "" } = document.documentElement.dataset;
const PATH = /^\/front\/(?:boards\/(\d{1,19})\/)?notes\/(\d{1,19})$/;
const SHARED_BOARD = 1;
// What stands before the text of a line, such as "- [ ] ".
const MARKS = /^[\s#>*+-]*(?:\[[ xX]\]\s*)?/;

/** @typedef {{boardId: number, noteId: number}} Target */

/** The links of a message that are alone in a line or end it, with what they lead to. @param {Element} item @returns {[HTMLAnchorElement, Target][]} */
export function linksIn(item) {
  /** @type {[HTMLAnchorElement, Target][]} */ const found = [];
  /** @type {NodeListOf<HTMLAnchorElement>} */ const links = item.querySelectorAll(".content > p > a");
  for (const link of links) {
    const target = targetOf(link);
    if (target && ownsItsLine(link)) found.push([link, target]);
  }
  return found.slice(0, CARDS_MAX);
}

/** @param {HTMLAnchorElement} link @returns {Target|null} null unless it shows the address of a note of this server */
function targetOf(link) {
  if (link.origin !== location.origin || link.textContent !== link.getAttribute("href")) return null;
  const match = link.pathname.startsWith(root) && PATH.exec(link.pathname.slice(root.length));
  return match ? { boardId: Number(match[1] ?? SHARED_BOARD), noteId: Number(match[2]) } : null;
}

/** @param {HTMLAnchorElement} link */
function ownsItsLine(link) {
  const next = link.nextSibling;
  const [first, last] = [isBreak(link.previousSibling), isBreak(isCard(next) ? next.nextSibling : next)];
  const ends = link.parentElement?.nextElementSibling === null;
  return last && (first || ends);
}

/** @param {ChildNode|null} node */
const isBreak = (node) => node === null || node.nodeName === "BR";

/** @param {ChildNode|null} node @returns {node is HTMLElement} */
export const isCard = (node) => node instanceof HTMLElement && node.matches(".linked-note");

/** The card in the place of a link. @param {HTMLAnchorElement} link */
export function cardFor(link) {
  const next = link.nextSibling;
  if (isCard(next)) return next;
  const card = clone("linked-note");
  const title = find(card, ".linked-note-title", HTMLAnchorElement);
  title.href = link.href;
  link.hidden = true;
  link.after(card);
  return card;
}

/** Show the link again. @param {HTMLAnchorElement} link */
export function removeCard(link) {
  if (isCard(link.nextSibling)) link.nextSibling.remove();
  link.hidden = false;
}

/** @param {HTMLElement} card @param {Note|null} note null: it is gone @param {boolean} ticks whether the viewer may tick it off @param {Board["tick"]} [tick] what is ticked off on its board */
export function fill(card, note, ticks, tick = "notes") {
  const box = find(card, "input", HTMLInputElement);
  const [title, count] = [find(card, ".linked-note-title"), find(card, ".linked-note-count")];
  count.hidden = title.hidden = note === null;
  find(card, ".linked-note-gone").hidden = note !== null;
  const { done, total } = note?.tasks ?? { done: 0, total: 0 };
  box.hidden = !note || (tick === "checklists" && !total && !note.done); // as on the board
  if (!note) return;
  title.textContent = titleOf(note);
  count.textContent = total ? `${done} of ${total}` : "";
  box.checked = note.done;
  box.disabled = !ticks;
  box.ariaLabel = `Done: ${title.textContent}`;
  card.toggleAttribute("data-done", note.done);
}

/** @param {Note} note */
function titleOf({ title, description }) {
  const lines = (description ?? "").split(/\r\n?|\n/).map((line) => line.replace(MARKS, "").trim());
  return title || lines.find(Boolean) || "Note";
}
