/** Updates the text of a message in place: existing nodes stay, so that a text can grow under a selection. */
import { linked } from "../lib/linkify.js";

/** @param {HTMLElement} element @param {string} text */
export function showText(element, text) {
  const nodes = linked(text);
  const there = [...element.childNodes];
  let same = 0;
  while (same < nodes.length && same < there.length && isSame(there[same], nodes[same])) same++;
  if (same < nodes.length && grows(there[same], nodes[same])) same++;
  for (const node of there.slice(same)) node.remove();
  element.append(...nodes.slice(same));
}

/** @param {ChildNode} shown @param {string|HTMLAnchorElement} wanted */
function isSame(shown, wanted) {
  if (typeof wanted === "string") return shown instanceof Text && shown.data === wanted;
  return shown instanceof HTMLAnchorElement && shown.textContent === wanted.textContent;
}

/** Whether the shown text is a prefix of the wanted one. @param {ChildNode|undefined} shown @param {string|HTMLAnchorElement} wanted */
function grows(shown, wanted) {
  if (!(shown instanceof Text) || typeof wanted !== "string" || !wanted.startsWith(shown.data)) return false;
  shown.appendData(wanted.slice(shown.length));
  return true;
}
