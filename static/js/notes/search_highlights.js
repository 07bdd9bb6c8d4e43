/** Marks the words of a search in the cards near the window, and scrolls long texts to them. */
import { find } from "../lib/elements.js";
import { AfterNextFrame } from "./after_next_frame.js";
import { isDrawn } from "./visible_cards.js";
import { occurrences, words } from "../lib/search_text.js";

const FIRST = 60; // cards that a search makes visible, before the browser reports them

/** @typedef {{card: HTMLElement, ranges: StaticRange[], offset: number}} Hits offset: of what is scrolled to, in pixels */

/** @param {HTMLElement} list */
export function start(list) {
  const controller = new AbortController();
  const { signal } = controller;
  const marks = new Highlight();
  const masonry = Masonry.of(list);
  /** @type {Map<HTMLElement, StaticRange[]>} */ const marked = new Map();
  /** @type {Set<HTMLElement>} */ let near = new Set();
  /** @type {string[]} */ let wanted = [];
  const soon = new AfterNextFrame();

  /** Not skipped by the browser: to measure or scroll a text there lays it out, with all that has changed around it. @param {HTMLElement} card */
  const isLaidOut = (card) => near.has(card) && isDrawn(card);
  /** First all reads, then all writes. @param {Iterable<HTMLElement>} cards @param {(card: HTMLElement) => boolean} isMeasured others are when they come near */
  const mark = (cards, isMeasured) => {
    const shown = [...cards].filter((card) => card.isConnected && !card.hidden);
    unmark(shown);
    const laidOut = new Set(shown.filter(isMeasured));
    unscroll(laidOut);
    if (!wanted.length) return;
    for (const { card, ranges, offset } of shown.map((card) => hitsIn(card, laidOut.has(card)))) {
      marked.set(card, ranges);
      for (const range of ranges) marks.add(range);
      if (!offset) continue;
      card.dataset.foundBelow = "";
      textIn(card).scrollTop = offset;
    }
  };
  /** @param {HTMLElement[]} cards */
  const unmark = (cards) => {
    for (const card of cards) {
      for (const range of marked.get(card) ?? []) marks.delete(range);
      marked.delete(card);
    }
  };
  /** @param {Set<HTMLElement>} cards that are laid out */
  const unscroll = (cards) => {
    const scrolled = [...cards].filter((card) => "foundBelow" in card.dataset);
    for (const card of scrolled) textIn(card).scrollTop = 0; // all of these first: each lays out what has changed before it
    for (const card of scrolled) delete card.dataset.foundBelow;
  };
  /** @param {HTMLElement} card @param {boolean} isMeasured @returns {Hits} */
  const hitsIn = (card, isMeasured) => {
    const [title, text] = [find(card, ".title"), textIn(card)].map((part) => rangesIn(part, wanted));
    return { card, ranges: [...title, ...text], offset: isMeasured && text.length ? below(textIn(card), text[0]) : 0 };
  };
  const markFound = () => {
    unmark([...marked.keys()]);
    mark(new Set([...near, ...masonry.cards.slice(0, FIRST)]), isLaidOut);
  };
  /** @param {BoardEvents["notes:filtered"]} event */
  const filtered = ({ detail }) => {
    wanted = words(detail.query);
    soon.run(markFound); // after the cards are there: to measure them takes as long as to show them
  };
  /** @param {BoardEvents["notes:near"]} event */
  const came = ({ detail }) => {
    near = detail.near;
    mark(detail.came, () => true);
  };

  CSS.highlights.set("found", marks);
  list.addEventListener("notes:filtered", filtered, { signal });
  list.addEventListener("notes:near", came, { signal });
  return () => {
    controller.abort();
    soon.cancel();
    CSS.highlights.delete("found");
  };
}

/** What shows a card's text: formatted, or the source. @param {HTMLElement} card */
function textIn(card) {
  const content = find(card, ".content");
  return content.firstChild ? content : find(card, ".description");
}

/**
 * Not live ones, each of which a browser visits whenever anything comes into the document or leaves it.
 * @param {HTMLElement} element @param {string[]} wanted @returns {StaticRange[]}
 */
function rangesIn(element, wanted) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const ranges = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const [from, to] of occurrences(text.textContent ?? "", wanted)) {
      const at = { startContainer: text, startOffset: from, endContainer: text, endOffset: to };
      ranges.push(new StaticRange(at));
    }
  }
  return ranges;
}

/** How far a folded text is to be scrolled so that the range is in sight, a line above it too. @param {HTMLElement} element @param {StaticRange} found */
function below(element, found) {
  const range = new Range();
  range.setStart(found.startContainer, found.startOffset);
  range.setEnd(found.endContainer, found.endOffset);
  const [place, { top, bottom, height }] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
  if (!height || place.bottom <= bottom + 1) return 0;
  const line = parseFloat(getComputedStyle(element).lineHeight);
  return Math.max(0, Math.floor((place.top - top + element.scrollTop) / line) - 1) * line;
}
