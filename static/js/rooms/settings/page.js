/** The page about a room: keeps its name and its members current. */
import * as memberList from "../../shell/member_list.js";
import * as updates from "./updates.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  updates.start(element, feed);
  /** @type {HTMLElement|null} */ const members = element.querySelector("#members");
  if (!members) return;
  const id = Number(element.dataset.room);
  memberList.start(members, `/rooms/${id}`, ({ room_member: one }) => (one?.room_id === id ? one : undefined), feed);
}
