/** A message on the page: a copy of the blank one in its template, its slots filled as text. */
import { drawAvatar } from "../lib/avatar.js";
import { showText } from "../lib/content.js";
import { address, clone, find } from "../lib/elements.js";
import { fillQuote } from "../messages/quotes.js";
import { fillReactions, readReactions } from "../messages/reactions.js";
import { showMentions, showNames } from "../shell/user_names.js";
import { viewer } from "../shell/viewer.js";
import { fillAnswer, nameAnswer, readAnswer } from "./assistant_answer_item.js";
import { showTime } from "./message_time.js";

/** @type {WeakMap<Element, Message>} */ const shown = new WeakMap();

/** @param {Element} list @returns {HTMLCollectionOf<HTMLElement>} a live one; nothing else is in the list */
export const itemsIn = (list) => /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);

/** The message that an item shows. @param {Element} item */
export function messageOf(item) {
  const message = shown.get(item);
  if (!message) throw new TypeError("This is no message of the conversation.");
  return message;
}

/** @param {Message} message */
export const isOwn = ({ author_id }) => viewer > 0 && author_id === viewer;

/** A new item that shows a message. @param {Message} message */
export function itemFor(message) {
  const kind = message.answer ? "answer-item" : "message-item";
  const item = clone(kind, HTMLLIElement);
  fill(item, message);
  return item;
}

/** Read the message from an item that the server rendered. @param {HTMLElement} item @param {number} roomId @returns {Message} */
export function read(item, roomId) {
  const { id, version, author, key } = item.dataset;
  const name = find(item, ".author").textContent;
  const time = find(item, ".message-head time", HTMLTimeElement);
  const answer = readAnswer(item);
  const message = {
    id: Number(id),
    room_id: roomId,
    version: Number(version),
    content: find(item, ".source").textContent || find(item, ".content").textContent,
    author_id: Number(author) || null,
    author: author ? { id: Number(author), nickname: name, name, email: null } : null,
    guest: author || answer ? null : name,
    client_key: key ?? null,
    date: time.dateTime,
    edited_at: answer || find(item, ".edited").hidden ? null : time.dateTime,
    answer,
    reactions: readReactions(item),
  };
  showTime(time, message.date);
  shown.set(item, message);
  return message;
}

/** Put a message's values into an item's slots. @param {HTMLElement} item @param {Message} message */
export function fill(item, message) {
  const before = shown.get(item);
  if (before?.id !== message.id) name(item, message);
  item.dataset.version = String(message.version);
  showTime(find(item, ".message-head time", HTMLTimeElement), message.date);
  if (before?.content !== message.content) {
    showText(find(item, ".content"), message.content, message.formatted);
    showMentions(find(item, ".content"));
    find(item, ".source").textContent = message.formatted ? message.content : "";
  }
  fillQuote(item, message);
  fillReactions(item, message);
  if (message.answer) fillAnswer(item, message.answer, viewer);
  else find(item, ".edited").hidden = !message.edited_at;
  shown.set(item, message);
}

/** The parts of a message that never change. @param {HTMLElement} item @param {Message} message */
function name(item, message) {
  const own = isOwn(message);
  item.id = `message-${message.id}`;
  item.dataset.id = String(message.id);
  item.dataset.author = String(message.author_id ?? "");
  if (message.client_key) item.dataset.key = message.client_key;
  showTools(item, message.id);
  if (message.answer) return nameAnswer(item, message.id, message.answer, viewer);
  item.toggleAttribute("data-own", own);
  if (message.author) showNames(item, message.author);
  else nameGuest(item, message.guest ?? "");
  find(item, ".edit-link").hidden = !own;
  address(find(item, ".edit-link"), "href", message.id);
}

/** @param {HTMLElement} item @param {number} id */
function showTools(item, id) {
  // The first where the viewer may write on the open board; the links for users.
  for (const form of item.querySelectorAll(".note-form, .delete-form")) address(form, "action", id);
  for (const link of item.querySelectorAll(".reply-link, .react-link")) address(link, "href", id);
  find(item, ".message-tools").hidden = !item.querySelector(".note-form, .reply-link");
}

/** @param {HTMLElement} item @param {string} guest */
function nameGuest(item, guest) {
  find(item, ".author bdi").textContent = guest;
  drawAvatar(find(item, ".avatar"), guest, null);
}
