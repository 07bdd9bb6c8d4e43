/** Shows who else is typing, in a line above the composer. */
import { activitySentence } from "../shell/activity_sentence.js";
import { newsOf } from "../shell/presence_announcements.js";
import { viewer } from "../shell/viewer.js";

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
    element.replaceChildren(...activitySentence(people, "typing"));
    for (const { nickname } of people) newsOf(`${nickname} is typing.`);
    if (people.length) timer = setTimeout(() => element.replaceChildren(), LASTS_MS);
  };
  feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
