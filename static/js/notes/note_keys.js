/** The single-key shortcuts of the board (shell/shortcuts.js). */
import { explainTick } from "../boards/board_tick.js";
import { openSearch } from "../boards/search_button.js";
import { find } from "../lib/elements.js";
import { goTo, keyClick } from "../lib/list_keys.js";
import { isShown, neighbourOf, nextCard } from "./layout/neighbours.js";
import { cardsIn } from "./layout/note_chunks.js";

/** @param {HTMLElement} list @returns {import("../shell/shortcuts.js").Keys} */
export function noteKeys(list) {
  /** @returns {HTMLElement|null} */
  const current = () => document.activeElement?.closest(".note") ?? null;
  /** @param {string} selector */
  const click = (selector) => () => keyClick(current(), selector);
  /** @param {(card: HTMLElement) => HTMLElement|null} where @param {() => HTMLElement|undefined} [start] */
  const move = (where, start) => () => {
    const card = current();
    return goTo(card ? where(card) : start?.());
  };
  const first = () => cardsIn(list).find(isShown);
  const forward = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;
  return {
    n: () => find(document, "#add-note-form [name=title]").focus(),
    "/": openSearch,
    j: move((card) => nextCard(card, 1), first),
    k: move((card) => nextCard(card, -1), first),
    ArrowRight: move((card) => neighbourOf(list, card, "right") ?? nextCard(card, forward)),
    ArrowLeft: move((card) => neighbourOf(list, card, "left") ?? nextCard(card, -forward)),
    ArrowDown: move((card) => neighbourOf(list, card, "below")),
    ArrowUp: move((card) => neighbourOf(list, card, "above")),
    e: click(".edit-link"),
    // On a control in the card, Enter is the control's.
    Enter: () => (document.activeElement === current() ? click(".edit-link")() : false),
    x: () => click(".done-box")() || explainTick(current()),
    p: click(".pin-button:enabled"),
    l: click(".label-link"),
    c: click(".colour-link"),
    // With Caps Lock, the letter alone is an E too.
    E: ({ shiftKey }) => shiftKey && click(".archive-button:enabled")(),
    t: click(".thread-link:not([hidden]), .talk-button:enabled"),
    h: click(".history-link"),
    Delete: click(".delete-button"),
  };
}
