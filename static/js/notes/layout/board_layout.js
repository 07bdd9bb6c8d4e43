/** Keeps the columns of cards as their notes change (static/js/masonry.js). */
import { around } from "../../lib/elements.js";
import { wasRegrouped } from "./note_chunks.js";

const FLAGS = ["hidden", "data-fold", "data-editing", "data-done", "data-conflict"]; // on which the places of cards depend

/** @param {HTMLElement} element the lists of cards */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  const masonry = Masonry.of(element);
  /** @type {Set<HTMLElement>} cards near the window, whose heights are watched */ const watched = new Set();
  const paper = matchMedia("print");
  let frame = 0;

  const sizes = new ResizeObserver((entries) => {
    const changes = entries.map(({ target, borderBoxSize: [{ blockSize }] }) =>
      masonry.drawn(/** @type {HTMLElement} */ (target), blockSize),
    );
    if (changes.includes(true)) masonry.placeInView();
  });
  /** @param {HTMLElement} card */
  const watch = (card) => {
    if (watched.has(card)) return;
    watched.add(card);
    sizes.observe(card);
  };
  const widths = new ResizeObserver(() => masonry.resize());
  const order = new MutationObserver((records) => {
    const changes = records.filter(({ target }) => isList(target) || isChunk(target)); // others are within cards
    if (!changes.length) return;
    const added = new Set(changes.flatMap(({ addedNodes }) => [...addedNodes].flatMap(cardsAt)));
    const moved = [...added].filter((card) => !wasRegrouped(card) && element.contains(card));
    for (const { target } of changes) masonry.touch(/** @type {Element} */ (target));
    for (const card of moved) masonry.moved(card);
    masonry.place();
    // The browser draws them in this frame, and tells their heights before it paints.
    for (const card of moved) if (masonry.isNear(card)) watch(card);
  });
  /** @param {MutationRecord[]} records @returns {boolean} whether cards are to be placed */
  const touch = (records) => {
    const cards = records.filter(({ target }) => isCard(target));
    for (const { target } of cards) masonry.touch(target.parentElement);
    return cards.length > 0 || records.some(({ target }) => target === element);
  };
  const flags = new MutationObserver((records) => touch(records) && masonry.place());
  /** @param {BoardEvents["notes:near"]} event */
  const onNear = ({ detail: { near } }) => {
    for (const card of watched) {
      if (near.has(card)) continue;
      sizes.unobserve(card);
      watched.delete(card);
    }
    near.forEach(watch);
  };
  /** @param {CardEvent<NoteChange>} event */
  const changed = ({ target, detail: { before } }) => {
    if (before && !watched.has(target)) masonry.changed(target);
  };
  /** The page scrolls to what gets the focus. @param {Event} event */
  const focused = (event) => {
    const card = around(event, ".note");
    if (card) masonry.settle(card);
  };
  const placeAnew = () => {
    touch(flags.takeRecords()); // what has just been hidden or shown is placed now: it need not be placed again
    masonry.placeAnew();
  };
  const look = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => masonry.look());
  };

  element.addEventListener("notes:near", onNear, { signal });
  element.addEventListener("note:changed", changed, { signal });
  element.addEventListener("notes:filtered", placeAnew, { signal });
  element.addEventListener("notes:sorted", placeAnew, { signal });
  element.addEventListener("focusin", focused, { signal });
  paper.addEventListener("change", ({ matches }) => (matches ? masonry.release() : masonry.place()), { signal });
  addEventListener("scroll", look, { signal, passive: true });
  addEventListener("resize", look, { signal });
  widths.observe(element);
  order.observe(element, { subtree: true, childList: true });
  flags.observe(element, { subtree: true, attributeFilter: FLAGS });
  return () => {
    controller.abort();
    for (const observer of [sizes, widths, order, flags]) observer.disconnect();
  };
}

/** @param {Node} node @param {string} name */
const hasClass = (node, name) => node instanceof HTMLElement && node.classList.contains(name);
/** @param {Node} node */
const isList = (node) => hasClass(node, "note-list");
/** @param {Node} node */
const isChunk = (node) => hasClass(node, "notes");
/** @param {Node} node */
const isCard = (node) => hasClass(node, "note");
/** The cards that came with a node: itself, or those of a chunk. @param {Node} node @returns {HTMLElement[]} */
const cardsAt = (node) =>
  /** @type {HTMLElement[]} */ (isCard(node) ? [node] : isChunk(node) ? [...node.childNodes] : []);
