/**
 * Keeps the names of users current, wherever a page shows them. An element has the user's id in `data-who`, and in
 * `data-as` which text it shows, unless that is the nickname (macros/user.html).
 *
 * After a change of a user, every element shows the text of the newest event, also when it is filled from an older response
 * or event.
 */
import { ask, Problem, pages } from "../lib/api.js";
import { drawAvatar } from "../lib/avatar.js";
import { retryUntilDone } from "../lib/retry.js";
import { retitle } from "./page_title.js";

/** @typedef {Pick<User, "id"|"nickname"|"name"|"deactivated">} Named */

/** @type {Map<number, Named>} */ const changed = new Map();

/** @param {ExpectingFeed} feed */
export function start(feed) {
  const controller = new AbortController();
  const load = async () => {
    const shown = new Set(places(document, "[data-who]").map(({ dataset }) => dataset.who));
    for await (const page of pages("/users", controller.signal)) {
      for (const user of page) if (shown.has(String(user.id))) rename(user);
    }
  };
  const again = () => {
    changed.clear();
    if (places(document, "[data-who]").length) retryUntilDone(load, feed, controller.signal);
  };
  feed.addEventListener("change", ({ detail: { user } }) => user && rename(user), { signal: controller.signal });
  feed.addEventListener("reset", again, { signal: controller.signal });
  return () => controller.abort();
}

/** @param {User} user */
function rename(user) {
  const heading = document.querySelector(`h1 [data-who="${user.id}"]:not([data-as])`);
  if (heading) retitle(heading.textContent, user.nickname);
  changed.set(user.id, user);
  for (const place of places(document, `[data-who="${user.id}"]`)) showName(place, user);
}

/** Show a user's texts in all elements within an element. @param {Element} element @param {Named} user */
export function showNames(element, user) {
  for (const place of places(element, "[data-who]")) showName(place, user);
}

/** Show the nickname of the user of an id, loaded when the page does not know it. @param {HTMLElement} place @param {number|null|undefined} id */
export function showNameOf(place, id) {
  if (place.dataset.who === String(id ?? 0)) return;
  const user = id ? changed.get(id) : undefined;
  const shown = id ? placeOf(id) : null;
  place.dataset.who = String(id ?? 0);
  place.textContent = shown?.textContent ?? "";
  place.toggleAttribute("data-deactivated", Boolean(shown?.hasAttribute("data-deactivated")));
  if (user) showName(place, user);
  else if (id && !shown) load(id);
}

/** The nickname of a user, loaded when the page does not know it; "" if that fails. @param {number} id */
export async function nicknameOf(id) {
  if (!knownNickname(id)) await load(id);
  return knownNickname(id);
}

/** Show today's nicknames in the mentions of a text that was just filled. @param {Element} element */
export function showMentions(element) {
  for (const place of places(element, '[data-as="mention"]')) {
    const id = Number(place.dataset.who);
    const user = changed.get(id);
    const nickname = knownNickname(id);
    if (user) showName(place, user);
    else if (nickname) place.textContent = `@${nickname}`;
    else load(id);
  }
}

/** The nickname of a user, if the page knows it. @param {number|null|undefined} id */
export const knownNickname = (id) => (id && (changed.get(id)?.nickname ?? placeOf(id)?.textContent)) || "";

/** An element that shows a user's nickname. @param {number} id @returns {HTMLElement|null} */
const placeOf = (id) => document.querySelector(`bdi[data-who="${id}"]:not([data-as]):not(:empty)`);

/** @type {Set<number>} */ const loading = new Set();

/** Load a user and show them; after a failure the place stays empty until it is filled again. @param {number} id */
async function load(id) {
  if (loading.has(id)) return;
  loading.add(id);
  try {
    rename((await ask(`/users/${id}`)).value);
  } catch (caught) {
    Problem.of(caught);
  } finally {
    loading.delete(id);
  }
}

/** Show a user's text in an element. @param {HTMLElement} place @param {Named} user */
export function showName(place, user) {
  const { id, nickname, name, deactivated } = changed.get(user.id) ?? user;
  const { as, label } = place.dataset;
  place.dataset.who = String(id);
  place.toggleAttribute("data-deactivated", Boolean(deactivated));
  if (as === "avatar") drawAvatar(place, nickname, id);
  else if (as === "label") place.ariaLabel = `${label} ${nickname}`;
  else if (as === "choice") place.textContent = `${nickname} (${name})`;
  else if (as === "mention") place.textContent = `@${nickname}`;
  else place.textContent = as === "name" ? name : nickname;
}

/** @param {ParentNode} within @param {string} selector @returns {HTMLElement[]} */
const places = (within, selector) =>
  [...within.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));
