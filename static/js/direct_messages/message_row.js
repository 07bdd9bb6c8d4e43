/** A row of the table of messages: a copy of the blank one in the page's template, its slots filled as text. */
import { showText } from "../lib/content.js";
import { clone, find } from "../lib/elements.js";
import { language, showMoment, toMilliseconds } from "../lib/time.js";
import { fillQuote } from "../messages/quotes.js";
import { fillReactions } from "../messages/reactions.js";
import { showMentions, showName } from "../shell/user_names.js";

const { root = "", person = "" } = document.documentElement.dataset;
const short = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** @param {Message} message @returns {HTMLElement} */
export function rowFor(message) {
  const row = clone("message-row");
  row.id = `message-${message.id}`;
  row.dataset.id = String(message.id);
  fill(row, message);
  return row;
}

/** @param {HTMLElement} row @param {Message} message */
export function fill(row, message) {
  row.dataset.version = String(message.version);
  find(row, "time", HTMLTimeElement).dateTime = toMilliseconds(message.date);
  showTime(row);
  if ([message.author_id, message.recipient_id].includes(Number(person))) showAddress(row, message);
  if (message.author) showName(find(row, ".from"), message.author);
  if (message.recipient) showName(find(row, ".to"), message.recipient);
  showText(find(row, ".content"), message.content, message.formatted);
  showMentions(find(row, ".content"));
  row
    .querySelector(".note-form")
    ?.setAttribute("action", `${root}/front/rooms/${message.room_id}/messages/${message.id}/note`);
  fillQuote(row, message);
  fillReactions(row, message);
  find(row, ".edited").hidden = !message.edited_at;
}

/** @param {HTMLElement} row @param {Message} message */
function showAddress(row, { id, room_id }) {
  const address = find(row, ".message-address", HTMLAnchorElement);
  address.href = `${root}/front/rooms/${room_id}/${id}#message-${id}`;
  address.title = "In the conversation";
}

/** In the viewer's zone. @param {HTMLElement} row */
export const showTime = (row) => showMoment(find(row, "time", HTMLTimeElement), short.format);
