/** Whether the viewer is a guest of the server or a member: what depends on it changes at once on open pages. */
import { emit } from "../lib/page_events.js";
import { viewer } from "./viewer.js";

const MEMBERS_TOPICS = ["users", "rooms", "room:*"];
const root = document.documentElement;

/** @param {ExpectingFeed} feed */
export function start(feed) {
  const controller = new AbortController();
  /** What a guest may not have any more, the feed drops by itself. @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { user } }) => {
    if (user?.id !== viewer || Boolean(user.guest) === "guest" in root.dataset) return;
    root.toggleAttribute("data-guest", Boolean(user.guest));
    if (!user.guest) feed.addTopics(MEMBERS_TOPICS);
    emit(document, "server-role:changed");
  };
  if ("accounts" in root.dataset) feed.addEventListener("change", onChange, { signal: controller.signal });
  return () => controller.abort();
}
