/** The menu of colours at a card. Without one, the link leads to a form. */
import { may } from "../../boards/board_role.js";
import { around, find } from "../../lib/elements.js";
import { isPlain } from "../../lib/keyboard.js";
import { openMenu } from "../../lib/popover_menu.js";
import { nameOf, noteOf } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";
import { offerUndo } from "./undo_change.js";

/**
 * Open the menu.
 * @param {HTMLElement} control @param {string|undefined} current the colour so far
 * @param {(colour: string, name: string) => void} choose
 */
export function openColours(control, current, choose) {
  const menu = find(document, "#colour-picker");
  const choices = /** @type {HTMLElement[]} */ ([...menu.children]);
  for (const choice of choices) choice.ariaChecked = String(choice.dataset.colour === current);
  const checked = choices.find((choice) => choice.ariaChecked === "true");
  openMenu(menu, control, checked, (choice) => choose(choice.dataset.colour ?? "", choice.textContent.trim()));
}

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const canOpen = "showPopover" in find(document, "#colour-picker");

  /** @param {HTMLElement} card @param {string} colour @param {string} name */
  const choose = (card, colour, name) => {
    const { id, colour: before } = noteOf(card);
    if (colour === before) return;
    /** @param {Note} note */
    const saved = (note) => offerUndo(`${name}: “${nameOf(note)}”.`, element, feed, id, { colour: before });
    // Without a version: a colour overwrites no text.
    saving(card, feed, () => change("PATCH", `/${id}`, { colour }), { saved });
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = around(event, ".colour-link");
    if (!link || !isPlain(event) || !may("editor") || !canOpen) return;
    event.preventDefault();
    const card = /** @type {HTMLElement} */ (link.closest(".note"));
    openColours(link, noteOf(card).colour, (colour, name) => choose(card, colour, name));
  };
  element.addEventListener("click", click, { signal: controller.signal });
  return () => controller.abort();
}
