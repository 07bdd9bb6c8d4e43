/** The bar of what can be done with the selected notes. It lies over the page, and nothing moves when it comes or goes. */
import { allow, may } from "../../boards/board_role.js";
import { explainTick, takesTick } from "../../boards/board_tick.js";
import { around, find } from "../../lib/elements.js";
import { handOn } from "../../lib/focus.js";
import { announce } from "../../lib/page_events.js";
import { openMenu } from "../../lib/popover_menu.js";
import { openColours } from "../card/colour_picker.js";
import { LabelChoice } from "../labels/label_choice.js";
import { openLabels } from "../labels/label_picker.js";
import { isShown, nextCard } from "../layout/neighbours.js";
import { cardsIn } from "../layout/note_chunks.js";
import { hasFlag, shownNote } from "../note_card.js";
import { notesOf, offerWayBack, run } from "./bulk_actions.js";
import { SELECTED_MAX } from "./selection.js";
import { waysBack, waysHome } from "./ways_back.js";

const QUIET_MS = 400; // a range that grows is announced once
/** @type {Record<string, [string, string]>} what is said of notes with a flag, and without it */
const WORDS = {
  pinned: ["pinned.", "no longer pinned."],
  done: ["done.", "open again."],
  archived: ["archived.", "back on the board."],
};

/**
 * @param {HTMLElement} element the bar @param {HTMLElement} list
 * @param {import("./selection.js").Selection} selection @param {ExpectingFeed} feed
 * @returns {(action: string) => boolean} presses a button of the bar; false: it is not for this viewer, or nothing is selected
 */
export function start(element, list, selection, feed) {
  const count = find(element, ".selection-count");
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (element.querySelectorAll("button[data-action]"));
  let timer = 0;
  let shown = 0; // cards that were selected

  /** @param {string} flag */
  const isSet = (flag) => selection.size > 0 && selection.notes.every((note) => hasFlag(note, flag));
  const say = () => {
    const text =
      selection.size < SELECTED_MAX ? `${selection.size} selected` : `${SELECTED_MAX} selected, the most at once`;
    count.textContent = selection.size ? text : "Choose notes";
    clearTimeout(timer);
    if (selection.active && selection.size !== shown) timer = setTimeout(() => announce(`${text}.`), QUIET_MS);
    shown = selection.size;
  };
  const show = () => {
    for (const button of buttons) {
      allow(button);
      const { action, flag } = button.dataset;
      button.disabled ||= !selection.size && action !== "close";
      if (flag) button.ariaPressed = String(isSet(flag));
    }
    say();
    document.documentElement.toggleAttribute("data-selecting", selection.active);
    const next = () => selection.last ?? cardsIn(list).find(isShown) ?? null;
    if (element.hidden === selection.active) handOn(element, () => (element.hidden = !selection.active), next);
  };

  /** The selected cards are about to leave: one that stays gets the focus, at once, and not each next one in turn. */
  const leaveFocus = () => {
    const card = document.activeElement?.closest(".note");
    if (!(card instanceof HTMLElement) || !selection.has(card)) return;
    /** @param {number} step */
    const beside = (step) => {
      let next = nextCard(card, step);
      while (next && selection.has(next)) next = nextCard(next, step);
      return next;
    };
    (beside(1) ?? beside(-1) ?? find(document, "#main")).focus({ preventScroll: true });
  };

  /** @param {Note[]} notes @param {BulkChange} change @param {string} field @param {(number: string) => string} words */
  const change = (notes, change, field, words) => {
    const ids = notes.map(({ id }) => id);
    run(feed, [{ ids, change }], "Not saved", (after) => {
      const changed = waysBack(notes, after, field).flatMap((way) => way.ids);
      const back = () => waysBack(notes, after, field, shownNote);
      if (changed.length) offerWayBack(list, feed, words(notesOf(changed.length)), back);
    });
  };
  /** @param {string} flag @param {HTMLElement[]} cards */
  const setFlag = (flag, cards) => {
    const value = !isSet(flag);
    const notes = selection.notes.filter((_, index) => flag !== "done" || takesTick(cards[index]));
    if (flag === "archived") leaveFocus();
    if (!notes.length) explainTick(cards[0]);
    else change(notes, { [flag]: value }, flag, (number) => `${number} ${WORDS[flag][Number(!value)]}`);
  };
  /** @param {HTMLElement} button */
  const colour = (button) => {
    const { notes } = selection;
    const common = notes.every((note) => note.colour === notes[0].colour) ? notes[0].colour : undefined;
    openColours(button, common, (colour, name) =>
      change(notes, /** @type {BulkChange} */ ({ colour }), "colour", (number) => `${name}: ${number}.`),
    );
  };
  /** @param {HTMLElement} button */
  const labels = (button) => {
    const { notes } = selection;
    const ids = notes.map(({ id }) => id);
    const choice = new LabelChoice(notes, (change, saved) => run(feed, [{ ids, change }], "Not saved", saved));
    openLabels(button, choice, async () => {
      const changed = await choice.end();
      if (changed) offerWayBack(list, feed, `Labels of ${notesOf(changed.count)} changed.`, changed.back);
    });
  };
  /** @param {HTMLElement} button */
  const move = (button) =>
    openMenu(find(document, "#board-menu"), button, undefined, ({ dataset, textContent }) => {
      const target = Number(dataset.board);
      const ids = selection.notes.map(({ id }) => id);
      const home = waysHome(list, selection.cards, target);
      leaveFocus();
      run(feed, [{ ids, change: { board_id: target } }], "Not moved", ({ length }) =>
        offerWayBack(list, feed, `${notesOf(length)} moved to ${textContent.trim()}.`, () => home),
      );
    });
  const remove = () => {
    leaveFocus();
    change(selection.notes, { deleted: true }, "deleted", (number) => `${number} deleted.`);
  };

  /** @type {Record<string, (button: HTMLElement) => void>} */
  const actions = { colour, labels, move, delete: remove, close: () => selection.end() };
  /** @param {HTMLButtonElement} button */
  const act = (button) => {
    const { action = "", flag } = button.dataset;
    if (flag) setFlag(flag, selection.cards);
    else actions[action](button);
  };
  /** @param {Event} event */
  const click = (event) => {
    const button = around(event, "button[data-action]", HTMLButtonElement);
    if (button) act(button);
  };
  element.addEventListener("click", click);
  list.addEventListener("selection:changed", show);
  find(document, "main").addEventListener("role:changed", () => (may("ticker") ? show() : selection.end()));
  return (action) => {
    const button = [...buttons].find(({ dataset }) => dataset.action === action);
    if (!button || button.disabled || !selection.size) return false;
    act(button);
    return true;
  };
}
