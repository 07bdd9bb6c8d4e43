/** The page of all boards: adds, removes and renames them live. */
import { find } from "../lib/elements.js";
import * as boardList from "./board_list.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  return boardList.start(find(element, "#board-list"), feed).stop;
}
