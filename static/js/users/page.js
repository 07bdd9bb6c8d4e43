/** The people's page: new users appear at once, on every screen. */
import { ask, pages } from "../lib/api.js";
import { find, insertById, valuesOf } from "../lib/elements.js";
import { removeAll } from "../lib/focus.js";
import { closeOnLeave } from "../lib/overlay_panel.js";
import * as liveForm from "../lib/live_form.js";
import { announceNews } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import { viewer } from "../shell/viewer.js";
import { cardFor, fill } from "./user_card.js";

const { dataset } = document.documentElement;
const [accounts, administers] = ["accounts" in dataset, "admin" in dataset];
const FULL = 1000; // people a page carries at most

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = find(element, "#users");
  const empty = find(element, "#empty-users");
  const form = element.querySelector("form#add-user-form"); // of those who may add people

  /** @param {User} user @param {boolean} live */
  const put = (user, live) => {
    const known = document.getElementById(`user-${user.id}`);
    if (known) return fill(known, user);
    const card = cardFor(user);
    if (live) card.dataset.arrived = "";
    insertById(list, card);
    empty.hidden = true;
    if (live) announceNews(`${user.nickname} is new here.`);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = async ({ detail: { user } }) => {
    if (!user) return;
    put(accounts ? { ...user, email: undefined } : user, true); // there, events leave addresses out
    if (!administers && (!accounts || user.id !== viewer)) return;
    const found = await ask(`/users/${user.id}`, { signal }).catch(() => null); // the card still has the rest
    if (found) put(found.value, false);
  };
  const all = async () => {
    for await (const page of pages("/users", signal)) for (const user of page) put(user, false);
  };
  const load = () => retryUntilDone(all, feed, signal);
  const again = () => {
    removeAll(list);
    empty.hidden = false;
    load();
  };

  closeOnLeave(list, signal);
  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", again, { signal });
  document.addEventListener("server-role:changed", again, { signal });
  if (list.children.length >= FULL) load();
  if (form instanceof HTMLFormElement) {
    liveForm.start(form, feed, {
      path: "/users",
      body: () => ({ ...valuesOf(form), email: new FormData(form).get("email") || null }),
      cleared: ["name", "email", "nickname"],
      done: "Added.",
    });
  }
  return () => controller.abort();
}
