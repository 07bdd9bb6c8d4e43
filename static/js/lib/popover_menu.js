/** A menu at the control that opens it: arrows move, Enter chooses, Escape closes it and gives the focus back. */
import { around } from "./elements.js";
import { keyOf } from "./keyboard.js";
import { placeAt } from "./popover_place.js";

/**
 * @param {HTMLElement} menu a popover of buttons, in one column or several @param {HTMLElement} control
 * @param {HTMLElement|undefined} active what has the focus first; by default the first one
 * @param {(item: HTMLElement) => void} choose
 */
export function openMenu(menu, control, active, choose) {
  const controller = new AbortController();
  const { signal } = controller;
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const close = () => menu.hidePopover(); // the focus returns to where it was

  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = items[nextIndex(keyOf(event), index, menu)];
    if (next) next.focus();
    else if (keyOf(event) === "Tab") close();
    else if (!(keyOf(event) in { Enter: 0, " ": 0, Escape: 0 }))
      return; // those are the button's and the popover's
    else return event.stopPropagation();
    event.preventDefault();
  };
  /** @param {Event} event */
  const click = (event) => {
    const item = around(event, "[role^=menuitem]");
    if (!item) return;
    close();
    choose(item);
  };
  /** @param {Event} event */
  const closing = (event) => event instanceof ToggleEvent && event.newState === "closed" && controller.abort();

  if (menu.matches(":popover-open")) close();
  menu.showPopover();
  placeAt(menu, control.getBoundingClientRect());
  (active ?? items[0])?.focus({ preventScroll: true });
  menu.addEventListener("keydown", press, { signal });
  menu.addEventListener("click", click, { signal });
  menu.addEventListener("beforetoggle", closing, { signal });
  addEventListener("scroll", close, { signal, passive: true });
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
