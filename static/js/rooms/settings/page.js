/** The page about a room: keeps its name and its members current. */
import * as members from "./members.js";
import * as updates from "./updates.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  updates.start(element, feed);
  /** @type {HTMLElement|null} */ const list = element.querySelector("#members");
  if (list) members.start(list, Number(element.dataset.room), feed);
}
