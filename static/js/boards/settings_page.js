/** A board's settings page: keeps its name, its members and its labels current. */
import * as clipboard from "../lib/clipboard.js";
import { find } from "../lib/elements.js";
import * as memberList from "../shell/member_list.js";
import * as boardUpdates from "./board_updates.js";
import { boardId } from "./current_board.js";
import * as labelSettings from "./label_settings.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  clipboard.start(element);
  boardUpdates.start(element, feed);
  labelSettings.start(find(element, "#label-list"), feed);
  /** @type {HTMLElement|null} */ const members = element.querySelector("#members");
  if (!members) return;
  memberList.start(
    members,
    `/boards/${boardId}`,
    ({ member }) => (member?.board_id === boardId ? member : undefined),
    feed,
  );
}
