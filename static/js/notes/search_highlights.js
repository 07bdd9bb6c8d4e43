/** Marks the words of a search in the cards near the window, and scrolls long texts to them. */
import { find } from "../lib/elements.js";
import { occurrences, words } from "../lib/search_text.js";
import { cardsIn } from "./layout/note_chunks.js";

const FIRST = 60; // cards that a search makes visible, before the browser reports them

/** @typedef {{card: HTMLElement, ranges: Range[], offset: number}} Hits offset: of what is scrolled to, in pixels */

/** @param {HTMLElement} list */
export function start(list) {
  const controller = new AbortController();
  const { signal } = controller;
  const marks = new Highlight();
  const masonry = Masonry.of(list);
  /** @type {Map<HTMLElement, Range[]>} */ const marked = new Map();
  /** @type {Set<HTMLElement>} */ let near = new Set();
  /** @type {string[]} */ let wanted = [];

  /** First all reads, then all writes. @param {Iterable<HTMLElement>} cards */
  const mark = (cards) => {
    if (!wanted.length) return;
    const shown = [...cards].filter((card) => card.isConnected && !card.hidden);
    clear(shown);
    for (const { card, ranges, offset } of shown.map(hitsIn)) {
      marked.set(card, ranges);
      for (const range of ranges) marks.add(range);
      if (!offset) continue;
      card.dataset.foundBelow = "";
      textIn(card).scrollTop = offset;
    }
  };
  /** @param {HTMLElement[]} cards */
  const clear = (cards) => {
    const scrolled = cards.filter((card) => "foundBelow" in card.dataset);
    for (const card of scrolled) textIn(card).scrollTop = 0; // all of these first: each lays out what has changed before it
    for (const card of scrolled) delete card.dataset.foundBelow;
    for (const card of cards) {
      for (const range of marked.get(card) ?? []) marks.delete(range);
      marked.delete(card);
    }
  };
  /** @param {HTMLElement} card @returns {Hits} */
  const hitsIn = (card) => {
    const [title, text] = [find(card, ".title"), textIn(card)].map((part) => rangesIn(part, wanted));
    // Others are measured when they come near: the browser has skipped their layout.
    const isLaidOut = near.has(card) && masonry.isNear(card);
    return { card, ranges: [...title, ...text], offset: isLaidOut && text.length ? below(textIn(card), text[0]) : 0 };
  };
  /** @param {BoardEvents["notes:filtered"]} event */
  const filtered = ({ detail }) => {
    clear([...marked.keys()]);
    wanted = words(detail.query);
    const found = cardsIn(list).filter((card) => !card.hidden);
    mark(new Set([...near, ...found.slice(0, FIRST)]));
  };
  /** @param {BoardEvents["notes:near"]} event */
  const came = ({ detail }) => {
    near = detail.near;
    mark(detail.came);
  };

  CSS.highlights.set("found", marks);
  list.addEventListener("notes:filtered", filtered, { signal });
  list.addEventListener("notes:near", came, { signal });
  return () => {
    controller.abort();
    CSS.highlights.delete("found");
  };
}

/** What shows a card's text: formatted, or the source. @param {HTMLElement} card */
function textIn(card) {
  const content = find(card, ".content");
  return content.firstChild ? content : find(card, ".description");
}

/** @param {HTMLElement} element @param {string[]} wanted @returns {Range[]} */
function rangesIn(element, wanted) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const ranges = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const [from, to] of occurrences(text.textContent ?? "", wanted)) {
      const range = new Range();
      range.setStart(text, from);
      range.setEnd(text, to);
      ranges.push(range);
    }
  }
  return ranges;
}

/** How far a folded text is to be scrolled so that the range is in sight, a line above it too. @param {HTMLElement} element @param {Range} range */
function below(element, range) {
  const [place, { top, bottom, height }] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
  if (!height || place.bottom <= bottom + 1) return 0;
  const line = parseFloat(getComputedStyle(element).lineHeight);
  return Math.max(0, Math.floor((place.top - top + element.scrollTop) / line) - 1) * line;
}
