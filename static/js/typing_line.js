/** Who else is typing, in a line above the composer. */
import { viewer } from "./message_item.js";
import { newsOf } from "./presence_news.js";

const LASTS_MS = 7_000; // the server says after 5 s of silence that it is over; should that get lost, this is its end

/** @param {HTMLElement} element the line @param {number} roomId @param {FeedTarget} feed */
export function start(element, roomId, feed) {
  const over = new AbortController();
  let timer = 0;
  /** @param {FeedEventMap["change"]} event */
  const hear = ({ detail: { presence } }) => {
    if (presence?.room_id !== roomId) return;
    const names = presence.typing.filter(({ id }) => id !== viewer).map(({ nickname }) => nickname);
    clearTimeout(timer);
    element.replaceChildren(...sentence(names));
    for (const name of names) newsOf(`${name} is typing.`);
    if (names.length) timer = setTimeout(() => element.replaceChildren(), LASTS_MS);
  };
  feed.addEventListener("change", hear, { signal: over.signal });
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}

/** Each name is kept apart from the words around it, in its own direction. @param {string[]} names @returns {(Node|string)[]} */
function sentence(names) {
  const [first, second] = names.map((name) => {
    const bdi = document.createElement("bdi");
    bdi.textContent = name;
    return bdi;
  });
  if (!names.length) return [];
  if (names.length === 1) return [first, " is typing…"];
  if (names.length === 2) return [first, " and ", second, " are typing…"];
  return [first, `, and ${names.length - 1} others are typing…`];
}
