/** The board menu: it closes when the focus leaves it, and is current when it opens. */
import { find } from "../lib/elements.js";
import { closeOnLeave } from "../lib/overlay_panel.js";
import * as boardList from "./board_list.js";

/** @param {HTMLDetailsElement} element @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = boardList.start(find(element, "#switcher-list"), feed);
  closeOnLeave(element, signal);
  element.addEventListener("toggle", () => element.open && list.load(), { signal });
  return () => {
    controller.abort();
    list.stop();
  };
}
