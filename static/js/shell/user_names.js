/**
 * What people are called, wherever a page says it. A place has the person's id in `data-who`, and in `data-as` what it says
 * of them, unless that is the nickname (macros/user.html).
 *
 * Of a person that was changed while the page is open, every place says what the newest event says, also when it is filled
 * from an answer or an event that is older.
 */
import { pages } from "../lib/api.js";
import { drawAvatar } from "../lib/avatar.js";
import { persist } from "../lib/retry.js";
import { retitle } from "./page_title.js";

/** @typedef {Pick<User, "id"|"nickname"|"name"|"deactivated">} Named */

/** @type {Map<number, Named>} */ const changed = new Map();

/** @param {FeedTarget & ExpectingFeed} feed */
export function start(feed) {
  const over = new AbortController();
  const load = async () => {
    const shown = new Set(places(document, "[data-who]").map(({ dataset }) => dataset.who));
    for await (const page of pages("/users", over.signal)) {
      for (const user of page) if (shown.has(String(user.id))) rename(user);
    }
  };
  const again = () => {
    changed.clear();
    if (places(document, "[data-who]").length) persist(load, feed, over.signal);
  };
  feed.addEventListener("change", ({ detail: { user } }) => user && rename(user), { signal: over.signal });
  feed.addEventListener("reset", again, { signal: over.signal });
  return () => over.abort();
}

/** @param {User} user */
function rename(user) {
  const heading = document.querySelector(`h1 [data-who="${user.id}"]:not([data-as])`);
  if (heading) retitle(heading.textContent, user.nickname);
  changed.set(user.id, user);
  for (const place of places(document, `[data-who="${user.id}"]`)) say(place, user);
}

/** Have all places within an element say a person. @param {Element} element @param {Named} user */
export function sayWithin(element, user) {
  for (const place of places(element, "[data-who]")) say(place, user);
}

/** Have a place say a person. @param {HTMLElement} place @param {Named} user */
export function say(place, user) {
  const { id, nickname, name, deactivated } = changed.get(user.id) ?? user;
  const { as, label } = place.dataset;
  place.dataset.who = String(id);
  place.toggleAttribute("data-deactivated", Boolean(deactivated));
  if (as === "avatar") drawAvatar(place, nickname, id);
  else if (as === "label") place.ariaLabel = `${label} ${nickname}`;
  else if (as === "choice") place.textContent = `${nickname} (${name})`;
  else place.textContent = as === "name" ? name : nickname;
}

/** @param {ParentNode} within @param {string} selector @returns {HTMLElement[]} */
const places = (within, selector) =>
  [...within.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));
