/**
 * The menu of labels: a field that filters, and a list in which Enter chooses. Escape closes it. At a card, without the menu the
 * link leads to a form.
 * source   ARIA Authoring Practices, "Editable Combobox With List Autocomplete"
 */
import { may } from "../../boards/board_role.js";
import { around, find } from "../../lib/elements.js";
import { isPlain, keyOf } from "../../lib/keyboard.js";
import { placeAt } from "../../lib/popover_place.js";
import { offerUndo } from "../card/undo_change.js";
import { nameOf, noteOf } from "../note_card.js";
import { changeOne } from "../note_requests.js";
import { saving } from "../save_status.js";
import { LabelChoice } from "./label_choice.js";
import { LabelOptions } from "./label_options.js";

/** Open the menu for a choice. @param {HTMLElement} control @param {LabelChoice} choice @param {() => void} ended */
export function openLabels(control, choice, ended) {
  const controller = new AbortController();
  const { signal } = controller;
  const menu = find(document, "#label-picker");
  const field = find(menu, "input", HTMLInputElement);
  const options = new LabelOptions(find(menu, "#label-options"), field);
  const show = () => options.show(choice.names);
  const close = () => menu.hidePopover(); // the focus returns to where it was
  const choose = () => {
    const name = options.active;
    if (!name) return;
    choice.toggle(name);
    field.value = "";
    show();
  };
  /** @param {Event} event */
  const closing = (event) => {
    if (!(event instanceof ToggleEvent) || event.newState !== "closed") return;
    controller.abort();
    ended();
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

  if (menu.matches(":popover-open")) close();
  choice.changed = show;
  field.value = "";
  menu.showPopover();
  options.begin(choice.names);
  placeAt(menu, control.getBoundingClientRect());
  field.focus({ preventScroll: true });
  menu.addEventListener("keydown", press, { signal });
  menu.addEventListener("click", pick, { signal });
  menu.addEventListener("beforetoggle", closing, { signal });
  field.addEventListener("input", show, { signal });
  find(document, "main").addEventListener("labels:changed", show, { signal });
  addEventListener("scroll", close, { signal, passive: true });
}

/** @param {HTMLElement} list @param {ExpectingFeed} feed */
export function start(list, feed) {
  const controller = new AbortController();
  const canOpen = "showPopover" in find(document, "#label-picker");

  /** Once it is closed, one offer takes back all that was chosen. @param {LabelChoice} choice */
  const ended = async (choice) => {
    const [note] = choice.before;
    const changed = await choice.end();
    const back = () => changed?.back()[0].change ?? {};
    if (changed) offerUndo(`Labels of “${nameOf(note)}” changed.`, list, feed, note.id, back);
  };
  /** @param {HTMLElement} card */
  const choiceFor = (card) => {
    const note = noteOf(card);
    return new LabelChoice([note], (change, saved) =>
      saving(card, feed, () => changeOne(note.id, change), { saved: (changed) => saved([changed]) }),
    );
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const link = around(event, ".label-link");
    if (!link || !isPlain(event) || !may("editor") || !canOpen) return;
    event.preventDefault();
    const choice = choiceFor(/** @type {HTMLElement} */ (link.closest(".note")));
    openLabels(link, choice, () => ended(choice));
  };
  list.addEventListener("click", click, { signal: controller.signal });
  return () => controller.abort();
}
