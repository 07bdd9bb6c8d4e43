/** The members of a board or of a closed room, and their roles. */
import { ask } from "../lib/api.js";
import { address, clone, find, insertById } from "../lib/elements.js";
import { remove, removeAll } from "../lib/focus.js";
import { announceNews } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { showNames } from "./user_names.js";
import { viewer } from "./viewer.js";

/**
 * @param {HTMLElement} element the list
 * @param {string} place such as /boards/1
 * @param {(change: FeedEventMap["change"]["detail"]) => Member|RoomMember|undefined} memberOf whom a change is about, if it is here
 * @param {ExpectingFeed} feed
 */
export function start(element, place, memberOf, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const empty = find(document, "#empty-members");
  /** @param {number} id @returns {HTMLElement|null} */
  const row = (id) => element.querySelector(`.member[data-id="${id}"]`);
  const showEmpty = () => (empty.hidden = element.children.length > 0);

  /** @param {Member|RoomMember} member */
  const put = (member) => {
    const known = row(member.user.id);
    const shown = known ?? rowFor(member.user);
    shown.dataset.role = member.role;
    shown.toggleAttribute("data-guest", Boolean(member.user.guest));
    find(shown, "select", HTMLSelectElement).value = member.role;
    if (!known) insertById(element, shown);
    showEmpty();
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail }) => {
    const { action, user } = detail;
    if (user) row(user.id)?.toggleAttribute("data-guest", Boolean(user.guest));
    const member = memberOf(detail);
    if (!member) return;
    if (action === "delete") remove(row(member.user.id));
    else put(member);
    showEmpty();
    if (action === "create") announceNews(`${member.user.nickname} is a member now.`);
    if (action === "delete") announceNews(`${member.user.nickname} is no longer a member.`);
  };
  const load = async () => {
    const { value } = await ask(`${place}/members`, { signal });
    removeAll(element);
    value.forEach(put);
    showEmpty();
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", () => retryUntilDone(load, feed, signal), { signal });
  return () => controller.abort();
}

/** @param {User} user */
function rowFor(user) {
  const { id } = user;
  const row = clone("member");
  row.dataset.id = String(id);
  row.toggleAttribute("data-me", id === viewer);
  showNames(row, user);
  const select = find(row, "select", HTMLSelectElement);
  select.id = `role-${id}`;
  find(row, "label", HTMLLabelElement).htmlFor = select.id;
  find(row, "[name=user_id]", HTMLInputElement).value = String(id);
  address(find(row, ".remove-form"), "action", id);
  return row;
}
