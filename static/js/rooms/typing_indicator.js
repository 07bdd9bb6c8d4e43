/** Shows who else is typing, in a line above the composer. */
import { showName } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";
import { newsOf } from "./presence_announcements.js";

const LASTS_MS = 7_000; // the server sends the end after 5 s of silence; this is for a lost one

/** @param {HTMLElement} element the line @param {number} roomId @param {FeedTarget} feed */
export function start(element, roomId, feed) {
  const controller = new AbortController();
  let timer = 0;
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { presence } }) => {
    if (presence?.room_id !== roomId) return;
    const people = presence.typing.filter(({ id }) => id !== viewer);
    clearTimeout(timer);
    element.replaceChildren(...sentence(people));
    for (const { nickname } of people) newsOf(`${nickname} is typing.`);
    if (people.length) timer = setTimeout(() => element.replaceChildren(), LASTS_MS);
  };
  feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

/** Each name is isolated from the words around it, with its own direction. @param {User[]} people @returns {(Node|string)[]} */
function sentence(people) {
  const [first, second] = people.map((person) => {
    const bdi = document.createElement("bdi");
    showName(bdi, person);
    return bdi;
  });
  if (!people.length) return [];
  if (people.length === 1) return [first, " is typing…"];
  if (people.length === 2) return [first, " and ", second, " are typing…"];
  return [first, `, and ${people.length - 1} others are typing…`];
}
