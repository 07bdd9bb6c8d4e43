/** A board's settings page: keeps its name, its members and its labels current. */
import * as clipboard from "../lib/clipboard.js";
import { find } from "../lib/elements.js";
import * as boardUpdates from "./board_updates.js";
import * as labelSettings from "./label_settings.js";
import * as memberList from "./member_list.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  clipboard.start(element);
  boardUpdates.start(element, feed);
  labelSettings.start(find(element, "#label-list"), feed);
  /** @type {HTMLElement|null} */ const members = element.querySelector("#members");
  if (members) memberList.start(members, feed);
}
