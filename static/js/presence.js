/** Who is here: shown at once, said politely. */
import { drawAvatar } from "./avatar.js";
import { clone, find } from "./elements.js";
import { keyOf } from "./keys.js";
import { viewer } from "./message_item.js";
import { newsOf } from "./presence_news.js";

const FACES = 4;

/** @param {HTMLElement} here the place of who is here @param {number} roomId @param {ExpectingFeed} feed */
export function start(here, roomId, feed) {
  const over = new AbortController();
  const heard = { signal: over.signal };
  const list = find(here, "ul");
  const faces = find(here, ".here-faces");
  /** @type {Set<string>|undefined} */ let known;
  /** @param {Presence} presence */
  const show = ({ here: people, guests }) => {
    const all = [...people, ...guests.map((nickname) => ({ id: null, nickname, name: "" }))];
    list.replaceChildren(...all.map(personHere));
    faces.replaceChildren(...all.slice(0, FACES).map(face));
    find(here, ".here-count").textContent = `${all.length} here`;
    const names = new Set(people.filter(({ id }) => id !== viewer).map(({ nickname }) => nickname));
    for (const name of names) if (known && !known.has(name)) newsOf(`${name} is here.`);
    for (const name of known ?? []) if (!names.has(name)) newsOf(`${name} has left.`);
    known = names;
  };
  /** @param {FeedEventMap["change"]} event */
  const hear = ({ detail: { presence } }) => {
    if (presence?.room_id === roomId) show(presence);
  };
  /** What lies above the log goes when one turns away from it. @param {Event} event */
  const leave = ({ target }) => target instanceof Node && !here.contains(target) && here.removeAttribute("open");
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (keyOf(event) !== "Escape" || !here.hasAttribute("open")) return;
    here.removeAttribute("open");
    find(here, "summary").focus();
  };
  for (const name of ["click", "focusin"]) document.addEventListener(name, leave, heard);
  here.addEventListener("keydown", press, heard);
  feed.addEventListener("change", hear, heard);
  feed.addEventListener("state", () => here.toggleAttribute("data-stale", feed.state !== "live"), heard);
  return () => over.abort();
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
