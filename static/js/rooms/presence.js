/** Shows who is here at once, and announces it politely. */
import { clone, find } from "../lib/elements.js";
import { closeOnLeave } from "../lib/overlay_panel.js";
import { newsOf } from "../shell/presence_announcements.js";
import { showNames } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";

const FACES = 4;

/** @param {HTMLElement} here the place of who is here @param {number} roomId @param {ExpectingFeed} feed */
export function start(here, roomId, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = find(here, "ul");
  const faces = find(here, ".here-faces");
  /** @type {Map<number, string>|undefined} nicknames by id */ let before;
  /** @param {Presence} presence */
  const show = ({ here: people, guests }) => {
    const all = [...people, ...guests.map((nickname) => ({ id: 0, nickname, name: "" }))];
    list.replaceChildren(...all.map(userHere));
    faces.replaceChildren(...all.slice(0, FACES).map(face));
    find(here, ".here-count").textContent = `${all.length} here`;
    const names = new Map(people.filter(({ id }) => id !== viewer).map(({ id, nickname }) => [id, nickname]));
    for (const [id, name] of names) if (before && !before.has(id)) newsOf(`${name} is here.`);
    for (const [id, name] of before ?? []) if (!names.has(id)) newsOf(`${name} has left.`);
    before = names;
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { presence } }) => {
    if (presence?.room_id === roomId) show(presence);
  };
  closeOnLeave(here, signal);
  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("state", () => here.toggleAttribute("data-stale", feed.state !== "live"), { signal });
  return () => controller.abort();
}

/** @param {{id: number, nickname: string, name: string}} person a guest's id is 0 */
function userHere(person) {
  const line = clone("here-person");
  showNames(line, person);
  return line;
}

/** @param {{id: number, nickname: string, name: string}} person */
const face = (person) => find(userHere(person), ".avatar");
