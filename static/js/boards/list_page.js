/** The page of all boards: adds, removes and renames them live, and says what is on each. */
import { find } from "../lib/elements.js";
import * as boardList from "./board_list.js";
import * as boardSummaries from "./board_summaries.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#board-list");
  const summaries = boardSummaries.start(list, feed);
  const boards = boardList.start(list, feed, summaries.fill);
  return () => {
    boards.stop();
    summaries.stop();
  };
}
