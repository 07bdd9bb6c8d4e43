/** Quotes of messages that others reply to: each follows the events of the quoted message, which the reply has none of. */
import { opening } from "../lib/content.js";
import { around, clone, find } from "../lib/elements.js";
import { isPlain } from "../lib/keyboard.js";
import { showName } from "../shell/user_names.js";

const { root = "" } = document.documentElement.dataset;

/** What replies to a message quote. @param {Message} message @param {boolean} [deleted] @returns {Quote} */
export function quoteOf({ id, version, author_id, author, guest, content, formatted }, deleted = false) {
  const said = { author_id, author, guest, snippet: opening(content, formatted) };
  return { id, version, ...(deleted ? { author_id: null, author: null, guest: null, snippet: "" } : said), deleted };
}

/** @param {Element} item of a message @param {Message} message */
export function fillQuote(item, { reply_to, room_id }) {
  const shown = item.querySelector(".quote");
  if (!reply_to) return shown?.remove();
  const place = shown instanceof HTMLElement ? shown : clone("quote");
  show(place, reply_to, room_id);
  if (place !== shown) find(item, ".content").before(place);
}

/** @param {HTMLElement} place @param {Quote} quote @param {number} roomId */
function show(place, { id, version, author, guest, snippet, deleted }, roomId) {
  place.dataset.quoted = String(id);
  place.dataset.version = String(version);
  place.toggleAttribute("data-deleted", deleted);
  if (deleted) place.removeAttribute("href");
  else place.setAttribute("href", `${root}/front/rooms/${roomId}/${id}#message-${id}`);
  const name = document.createElement("bdi");
  if (author) showName(name, author);
  else name.textContent = guest ?? (deleted ? "" : "Assistant");
  find(place, ".quote-author").replaceChildren(name);
  find(place, ".quote-text").textContent = deleted ? "Deleted message" : snippet;
}

/**
 * @param {HTMLElement} list of messages @param {ExpectingFeed} feed
 * @param {(change: () => void) => void} keeping makes a change, and keeps what is in sight where it is
 */
export function start(list, feed, keeping) {
  const controller = new AbortController();
  const { signal } = controller;

  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, message } }) => {
    const found = message ? list.querySelectorAll(`.quote[data-quoted="${message.id}"]`) : [];
    if (!message || !found.length) return;
    const quote = quoteOf(message, action === "delete");
    keeping(() => {
      for (const place of found) {
        if (!(place instanceof HTMLElement) || Number(place.dataset.version) > message.version) continue;
        show(place, quote, message.room_id);
      }
    });
  };
  /** A message that is on the page is shown there; for any other the link is followed. @param {MouseEvent} event */
  const click = (event) => {
    const id = around(event, ".message > .quote")?.dataset.quoted;
    const quoted = id && isPlain(event) ? list.querySelector(`#message-${id}`) : null;
    if (!(quoted instanceof HTMLElement)) return;
    event.preventDefault();
    for (const marked of list.querySelectorAll("[data-marked]")) marked.removeAttribute("data-marked");
    quoted.dataset.marked = "";
    quoted.focus({ preventScroll: true });
    quoted.scrollIntoView({ block: "center" });
  };

  feed.addEventListener("change", onChange, { signal });
  list.addEventListener("click", click, { signal });
  return () => controller.abort();
}
