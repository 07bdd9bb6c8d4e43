/** The menu of colours at a card: arrows move, Enter chooses, Escape closes it. Without one, the link leads to a form. */
import { may } from "../../boards/board_role.js";
import { around, find } from "../../lib/elements.js";
import { isPlain, keyOf } from "../../lib/keyboard.js";
import { placeAt } from "../../lib/popover_place.js";
import { nameOf, noteOf } from "../note_card.js";
import { change } from "../note_requests.js";
import { saving } from "../save_status.js";
import { offerUndo } from "./undo_change.js";

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const menu = find(document, "#colour-picker");
  const choices = /** @type {HTMLElement[]} */ ([...menu.children]);
  /** @type {HTMLElement|null} */ let card = null;

  /** @param {HTMLElement} wanted @param {HTMLElement} link */
  const open = (wanted, link) => {
    card = wanted;
    const { colour } = noteOf(card);
    for (const choice of choices) choice.ariaChecked = String(choice.dataset.colour === colour);
    menu.showPopover();
    placeAt(menu, link.getBoundingClientRect());
    (choices.find((choice) => choice.ariaChecked === "true") ?? choices[0]).focus({ preventScroll: true });
  };
  const close = () => menu.hidePopover(); // the focus returns to where it was
  /** @param {string} colour @param {string} name */
  const choose = (colour, name) => {
    const target = card;
    close();
    if (!target) return;
    const { id, colour: before } = noteOf(target);
    if (colour === before) return;
    /** @param {Note} note */
    const saved = (note) => offerUndo(`${name}: “${nameOf(note)}”.`, element, feed, id, { colour: before });
    // Without a version: a colour overwrites no text.
    saving(target, feed, () => change("PATCH", `/${id}`, { colour }), { saved });
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = around(event, ".colour-link");
    if (!link || !isPlain(event) || !may("editor") || !("showPopover" in menu)) return;
    event.preventDefault();
    open(/** @type {HTMLElement} */ (link.closest(".note")), link);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const index = choices.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = choices[nextIndex(keyOf(event), index, menu)];
    if (next) next.focus();
    else if (keyOf(event) === "Tab") close();
    else if (!(keyOf(event) in { Enter: 0, " ": 0, Escape: 0 }))
      return; // those are the button's and the popover's
    else return event.stopPropagation();
    event.preventDefault();
  };

  element.addEventListener("click", click, { signal });
  menu.addEventListener("keydown", press, { signal });
  menu.addEventListener(
    "click",
    (event) => {
      const choice = around(event, ".colour-choice");
      if (choice) choose(choice.dataset.colour ?? "", choice.textContent.trim());
    },
    { signal },
  );
  addEventListener("scroll", () => menu.matches(":popover-open") && close(), { signal, passive: true });
  return () => controller.abort();
}

/** Where a key leads in the menu, which may have several columns; -1: nowhere. @param {string} key @param {number} index @param {HTMLElement} menu */
function nextIndex(key, index, menu) {
  const { gridTemplateColumns, direction } = getComputedStyle(menu);
  const columns = gridTemplateColumns.split(" ").length;
  const forward = direction === "rtl" ? -1 : 1;
  const last = menu.children.length - 1;
  const places = {
    ...{
      ArrowRight: index + forward,
      ArrowLeft: index - forward,
      ArrowDown: index + columns,
      ArrowUp: index - columns,
    },
    ...{ Home: 0, End: last },
  };
  const to = Object.hasOwn(places, key) ? places[/** @type {keyof typeof places} */ (key)] : -1;
  if (to > last) return key === "ArrowDown" ? to % columns : 0;
  return to < 0 && key in places ? (key === "ArrowUp" ? index : last) : to;
}
