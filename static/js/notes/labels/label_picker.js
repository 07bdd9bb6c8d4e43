/**
 * The menu of labels at a card: a field that filters, and a list in which Enter chooses. Escape closes it. Without one, the link
 * leads to a form.
 * source   ARIA Authoring Practices, "Editable Combobox With List Autocomplete"
 */
import { may } from "../../boards/board_role.js";
import { around, find } from "../../lib/elements.js";
import { isPlain, keyOf } from "../../lib/keyboard.js";
import { placeAt } from "../../lib/popover_place.js";
import { offerUndo } from "../card/undo_change.js";
import { nameOf, noteOf } from "../note_card.js";
import { LabelChoice } from "./label_choice.js";
import { LabelOptions } from "./label_options.js";

/** @param {HTMLElement} element the page's main @param {HTMLElement} list @param {ExpectingFeed} feed */
export function start(element, list, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const menu = find(document, "#label-picker");
  const field = find(menu, "input", HTMLInputElement);
  const options = new LabelOptions(find(menu, "#label-options"), field);
  /** @type {LabelChoice|null} */ let choice = null;

  /** @param {HTMLElement} card @param {HTMLElement} link */
  const open = (card, link) => {
    choice = new LabelChoice(card, feed, () => options.show(choice?.names ?? []));
    field.value = "";
    menu.showPopover();
    options.begin(choice.names);
    placeAt(menu, link.getBoundingClientRect());
    field.focus({ preventScroll: true });
  };
  const close = () => menu.hidePopover(); // the focus returns to where it was
  const choose = () => {
    const name = options.active;
    if (!name || !choice) return;
    choice.toggle(name);
    field.value = "";
    options.show(choice.names);
  };
  /** Once it is closed, one offer takes back all that was chosen. @param {Event} event */
  const closed = async (event) => {
    if (!(event instanceof ToggleEvent) || event.newState !== "closed" || !choice) return;
    const { card, before } = choice;
    const changed = choice.end();
    choice = null;
    if (await changed)
      offerUndo(`Labels of “${nameOf(noteOf(card))}” changed.`, list, feed, noteOf(card).id, { labels: before });
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = around(event, ".label-link");
    if (!link || !isPlain(event) || !may("editor") || !("showPopover" in menu)) return;
    event.preventDefault();
    open(/** @type {HTMLElement} */ (link.closest(".note")), link);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const key = keyOf(event);
    if (key === "ArrowDown" || key === "ArrowUp") options.move(key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter") choose();
    else if (key === "Tab") close();
    else return key === "Escape" && event.stopPropagation();
    event.preventDefault();
  };
  /** @param {MouseEvent} event */
  const pick = (event) => {
    const option = around(event, ".label-option");
    if (!option) return;
    options.activate(option);
    choose();
    field.focus({ preventScroll: true });
  };

  list.addEventListener("click", click, { signal });
  menu.addEventListener("keydown", press, { signal });
  menu.addEventListener("click", pick, { signal });
  menu.addEventListener("toggle", closed, { signal });
  field.addEventListener("input", () => choice && options.show(choice.names), { signal });
  element.addEventListener("labels:changed", () => choice && options.show(choice.names), { signal });
  addEventListener("scroll", () => menu.matches(":popover-open") && close(), { signal, passive: true });
  return () => controller.abort();
}
