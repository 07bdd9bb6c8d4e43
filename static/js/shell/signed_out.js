/**
 * Shows that the session has ended, with a link to sign in; typed text is kept. A person who returns to the page after
 * signing in elsewhere finds it live again.
 */
import { ask, Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { announce } from "../lib/page_events.js";

const OUT = "You are signed out here. What you typed is kept.";
const OTHER = "Somebody else is signed in in this browser now.";

/** @param {HTMLElement} element @param {number} person whose page this is @param {import("../feed/shared_feed.js").SharedFeed} feed */
export function start(element, person, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const words = find(element, ".signed-out-words");
  const link = find(element, "a", HTMLAnchorElement);
  const { root = "" } = document.documentElement.dataset;
  let asking = false;

  /** @param {boolean} other whether another user is signed in */
  const show = (other) => {
    const here = location.pathname.slice(root.length) + location.search;
    words.textContent = other ? OTHER : OUT;
    link.textContent = other ? "Reload the page" : "Sign in again";
    link.href = other ? location.href : `${root}/front/sign-in?next=${encodeURIComponent(here)}`;
    if (element.hidden) announce(words.textContent);
    element.hidden = false;
  };
  /** The current state: signed out, another user, or all well. @param {(other: boolean) => void} [notOurs] */
  const check = async (notOurs = show) => {
    if (asking) return;
    asking = true;
    try {
      const { value } = await ask("/me");
      if (value.user?.id !== person) notOurs(true);
      else back();
    } catch (caught) {
      if (Problem.of(caught).status === 401) notOurs(false);
    } finally {
      asking = false;
    }
  };
  const back = () => {
    element.hidden = true;
    if (feed.state === "out") feed.start();
  };
  const seen = () => !document.hidden && !element.hidden && check();
  /** A page from the back/forward cache may show what the present user may not see. */
  const again = (/** @type {PageTransitionEvent} */ { persisted }) => persisted && check(() => location.reload());

  document.addEventListener("signed-out", () => element.hidden && show(false), { signal });
  feed.addEventListener("state", () => feed.state === "out" && check(), { signal });
  document.addEventListener("visibilitychange", seen, { signal });
  addEventListener("focus", seen, { signal });
  addEventListener("pageshow", again, { signal });
  return () => controller.abort();
}
