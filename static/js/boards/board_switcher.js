/** The board menu: it closes when the focus leaves it, and is current when it opens. */
import { find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import * as boardList from "./board_list.js";

/** @param {HTMLDetailsElement} element @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = boardList.start(find(element, "#switcher-list"), feed);
  /** @param {Event} event */
  const leave = ({ target }) => target instanceof Node && !element.contains(target) && element.removeAttribute("open");
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape" || !element.open) return;
    element.open = false;
    find(element, "summary").focus();
  };
  for (const name of ["click", "focusin"]) document.addEventListener(name, leave, { signal });
  element.addEventListener("keydown", press, { signal });
  element.addEventListener("toggle", () => element.open && list.load(), { signal });
  return () => {
    controller.abort();
    list.stop();
  };
}
