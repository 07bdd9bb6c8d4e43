/** Single keys, never while somebody types; the sheet that lists them; and the switch that turns them off. */
import { cardsIn } from "./card.js";
import { around, find } from "./elements.js";
import { nextCard } from "./focus.js";
import { emit } from "./messages.js";
import { keep, kept } from "./storage.js";

const OFF = "shortcuts-off";
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/** @param {HTMLElement} element the page's main @param {HTMLDialogElement} sheet */
export function start(element, sheet) {
  const over = new AbortController();
  const heard = { signal: over.signal };
  const list = find(element, "ul.notes");
  const switcher = find(sheet, "[role=switch]");
  /** @returns {HTMLElement|null} */
  const current = () => document.activeElement?.closest(".note") ?? null;
  /** @param {string} selector */
  const click = (selector) => () => {
    /** @type {HTMLElement|null|undefined} */ const target = current()?.querySelector(selector);
    target?.click();
    return Boolean(target);
  };
  /** @param {HTMLElement|null|undefined} card */
  const go = (card) => {
    card?.focus();
    card?.scrollIntoView({ block: "nearest" });
    return Boolean(card);
  };
  /** @param {(card: HTMLElement) => HTMLElement|null} where @param {() => HTMLElement|undefined} [start] */
  const move = (where, start) => () => {
    const card = current();
    return go(card ? where(card) : start?.());
  };
  const first = () => [...cardsIn(list)].find((card) => card.checkVisibility());
  const forward = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;

  /** @type {Record<string, () => unknown>} what returns false did nothing */
  const keys = {
    n: () => find(document, "#add-note-form [name=title]").focus(),
    "/": () => find(document, "#search-field", HTMLInputElement).select(),
    j: move((card) => nextCard(card, 1), first),
    k: move((card) => nextCard(card, -1), first),
    ArrowRight: move((card) => nextCard(card, forward)),
    ArrowLeft: move((card) => nextCard(card, -forward)),
    ArrowDown: move((card) => beside(card, 1)),
    ArrowUp: move((card) => beside(card, -1)),
    e: click(".edit-link"),
    x: click(".done-box"),
    Delete: click(".delete-button"),
    u: () => emit(document, "toast:undo"),
    "?": () => sheet.showModal(),
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || sheet.open) return;
    if (key === "Escape" && around(event, ".note") && target instanceof HTMLElement) target.blur();
    if (around(event, TYPING) || kept(OFF)) return;
    if (Object.hasOwn(keys, key) && keys[key]() !== false) event.preventDefault();
  };
  /** @param {boolean} off */
  const turn = (off) => {
    keep(OFF, off || null);
    switcher.ariaChecked = String(!off);
  };

  document.addEventListener("keydown", press, heard);
  find(document, "#shortcuts-button").addEventListener("click", () => sheet.showModal(), heard);
  sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close(), heard);
  switcher.addEventListener("click", () => turn(!kept(OFF)), heard);
  turn(Boolean(kept(OFF)));
  return () => over.abort();
}

/** The card in the next or previous row, nearest to the same column. @param {HTMLElement} card @param {number} direction */
function beside(card, direction) {
  const { offsetLeft: left, offsetTop: top } = card;
  let row;
  /** @type {{card: HTMLElement, distance: number}|null} */ let best = null;
  for (let next = nextCard(card, direction); next; next = nextCard(next, direction)) {
    if (next.offsetTop === top) continue;
    row ??= next.offsetTop;
    if (next.offsetTop !== row) break;
    const distance = Math.abs(next.offsetLeft - left);
    if (!best || distance < best.distance) best = { card: next, distance };
  }
  return best?.card ?? null;
}
