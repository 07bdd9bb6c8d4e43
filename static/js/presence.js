/** Who is here and who is typing: shown at once, said politely. */
import { drawAvatar } from "./avatar.js";
import { clone, find } from "./elements.js";
import { viewer } from "./message_item.js";
import { announceNews } from "./messages.js";

const TYPING_MS = 7_000; // without a word from the server typing is over; it says so after 5 s of silence itself
const AGAIN_MS = 60_000; // the same news of the same person is read out once a minute
const FACES = 4;

/**
 * @param {HTMLElement} here the place of who is here @param {HTMLElement} typing the place of who is typing
 * @param {number} roomId @param {FeedTarget} feed
 */
export function start(here, typing, roomId, feed) {
  const over = new AbortController();
  const list = find(here, "ul");
  const faces = find(here, ".here-faces");
  /** @type {Set<string>|undefined} */ let known;
  /** @type {Map<string, number>} */ const saidAt = new Map();
  let timer = 0;

  /** @param {string} news */
  const say = (news) => {
    if (performance.now() - (saidAt.get(news) ?? -AGAIN_MS) < AGAIN_MS) return;
    saidAt.set(news, performance.now());
    announceNews(news);
  };
  /** @param {Presence} presence */
  const showHere = ({ here: people, guests }) => {
    const all = [...people, ...guests.map((nickname) => ({ id: null, nickname, name: "" }))];
    list.replaceChildren(...all.map(personHere));
    faces.replaceChildren(...all.slice(0, FACES).map(face));
    find(here, ".here-count").textContent = `${all.length} here`;
    const names = new Set(people.filter(({ id }) => id !== viewer).map(({ nickname }) => nickname));
    for (const name of names) if (known && !known.has(name)) say(`${name} is here.`);
    for (const name of known ?? []) if (!names.has(name)) say(`${name} has left.`);
    known = names;
  };
  /** @param {User[]} people */
  const showTyping = (people) => {
    clearTimeout(timer);
    const names = people.filter(({ id }) => id !== viewer).map(({ nickname }) => nickname);
    tellTyping(typing, names);
    for (const name of names) say(`${name} is typing.`);
    if (names.length) timer = setTimeout(() => tellTyping(typing, []), TYPING_MS);
  };
  /** @param {FeedEventMap["change"]} event */
  const hear = ({ detail: { presence } }) => {
    if (presence?.room_id !== roomId) return;
    showHere(presence);
    showTyping(presence.typing);
  };
  feed.addEventListener("change", hear, { signal: over.signal });
  return () => {
    over.abort();
    clearTimeout(timer);
  };
}

/** @param {{id: number|null, nickname: string, name: string}} person */
function personHere({ id, nickname, name }) {
  const line = clone("here-person");
  drawAvatar(find(line, ".avatar"), nickname, id);
  find(line, ".here-nickname").textContent = nickname;
  find(line, ".here-name").textContent = name;
  return line;
}

/** @param {{id: number|null, nickname: string}} person */
function face({ id, nickname }) {
  const element = find(clone("here-person"), ".avatar");
  drawAvatar(element, nickname, id);
  return element;
}

/** Names in one sentence, each kept apart from the other in its own direction. @param {HTMLElement} element @param {string[]} names */
function tellTyping(element, names) {
  element.toggleAttribute("data-typing", names.length > 0);
  const [first, second] = names.map((name) => {
    const bdi = document.createElement("bdi");
    bdi.textContent = name;
    return bdi;
  });
  if (!names.length) element.replaceChildren();
  else if (names.length === 1) element.replaceChildren(first, " is typing…");
  else if (names.length === 2) element.replaceChildren(first, " and ", second, " are typing…");
  else element.replaceChildren(first, `, and ${names.length - 1} others are typing…`);
}
