/** The line above the first unread message, and the button to the newest. */
import { find } from "../lib/elements.js";
import { viewer } from "../shell/viewer.js";
import { group } from "./message_grouping.js";
import { isOwn, itemsIn, messageOf } from "./message_item.js";

/**
 * @param {HTMLElement} button the way down @param {import("./message_window.js").MessageWindow} messages
 * @param {import("./scroll_position.js").LogScroll} scroll @param {import("./read_marker.js").Reading} reading
 * @param {number} unread messages
 */
export function start(button, messages, scroll, reading, unread) {
  const controller = new AbortController();
  const { signal } = controller;
  const words = find(button, ".jump-words");
  const label = words.textContent;
  /** @type {HTMLElement|undefined} */ let marked;
  let since = reading.last; // new is what comes after it
  let seen = true; // whether the messages below the line have been seen
  let waiting = unread; // as in the badges; for an anonymous viewer, the messages since the end was visible

  /** @param {HTMLElement|undefined} item */
  const mark = (item) => {
    if (item === marked) return;
    if (marked) show(marked, false);
    if (item) show(item, true);
    marked = item;
  };
  const draw = () => {
    const news = [...itemsIn(messages.element)].filter((item) => messageOf(item).id > since && !isOwn(messageOf(item)));
    // The first unread message may be above the loaded ones.
    mark(messages.whole || news[0] !== messages.items[0] ? news[0] : undefined);
  };
  const showButton = () => {
    if (scroll.atEnd && !viewer) waiting = 0;
    if (button.hidden !== scroll.atEnd) button.hidden = scroll.atEnd;
    const news = waiting ? `${waiting} new` : label;
    if (words.textContent === news) return;
    words.textContent = news;
    button.ariaLabel = waiting ? `${news}. ${label}` : label;
  };
  const count = () => {
    if (!viewer && !scroll.atEnd) waiting++;
    showButton();
  };
  /** @param {PageEvents["unread"]} event */
  const counted = ({ detail }) => {
    waiting = detail.get(messages.roomId) ?? 0;
    showButton();
  };
  const update = () => {
    if (reading.looking) seen = true;
    showButton();
  };
  /** @param {CardEvent<MessageChange>} event */
  const changed = ({ target, detail: { message, before, live } }) => {
    if (before || !live || isOwn(message)) return;
    count();
    if (reading.looking) {
      if (!marked) since = Math.max(since, message.id);
      return;
    }
    if (seen) {
      since = message.id - 1;
      mark(target);
    }
    seen = false;
  };
  /** @param {RoomEvents["message:outside"]} event */
  const outside = ({ detail }) => {
    if (isOwn(detail) || detail.version > 1) return;
    if (seen) since = detail.id - 1;
    seen = false;
    count();
  };
  /** An author has read the conversation. */
  const answered = () => {
    since = Number.POSITIVE_INFINITY;
    seen = true;
    mark(undefined);
  };

  messages.element.addEventListener("message:changed", changed, { signal });
  messages.element.addEventListener("message:outside", outside, { signal });
  messages.element.addEventListener("messages:loaded", draw, { signal });
  messages.element.addEventListener("message:deleted", () => marked && !marked.isConnected && draw(), { signal });
  scroll.log.addEventListener("log:moved", update, { signal });
  document.addEventListener("visibilitychange", update, { signal });
  document.addEventListener("composer:sent", answered, { signal });
  document.addEventListener("unread", counted, { signal });
  const jump = () => {
    scroll.log.focus({ preventScroll: true }); // the button disappears
    scroll.toEnd();
  };
  button.addEventListener("click", jump, { signal });
  draw();
  if (marked) {
    seen = false;
    // A page that was opened at a message stays there.
    if (!messages.element.querySelector("[data-marked]")) scroll.show(marked);
  }
  showButton();
  return () => controller.abort();
}

/** @param {HTMLElement} item @param {boolean} on whether the line is above it */
function show(item, on) {
  find(item, ".new-line").hidden = !on;
  if (item.isConnected) group(item);
}
