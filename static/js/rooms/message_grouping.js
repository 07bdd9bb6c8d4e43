/** The headings above messages: a day where it begins, and an author where another one wrote before. */
import { find } from "../lib/elements.js";
import { itemsIn, messageOf } from "./message_item.js";
import { dayOf, showDay } from "./message_time.js";

const PAUSE_MS = 5 * 60 * 1000; // after such a silence the author is named again
const MINUTE_MS = 60_000;

/** @param {HTMLElement} item @param {Message|null} [before] the message above it, by default that of the item before */
export function group(item, before = above(item)) {
  const message = messageOf(item);
  const newDay = !before || dayOf(before.date) !== dayOf(message.date);
  const day = find(item, ".day");
  day.hidden = !newDay;
  if (newDay) showDay(find(day, "time", HTMLTimeElement), message.date);
  item.toggleAttribute("data-head", newDay || !find(item, ".new-line").hidden || !goesOn(before, message));
}

/** @param {HTMLElement} item */
const above = ({ previousElementSibling: before }) => before && messageOf(before);

/** Whether a message is grouped with the one before it. @param {Message} before @param {Message} message */
function goesOn(before, message) {
  const same = before.author_id === message.author_id && before.guest === message.guest;
  return same && !message.answer && Date.parse(message.date) - Date.parse(before.date) <= PAUSE_MS;
}

/** At midnight today becomes yesterday. @param {HTMLElement} list */
export function start(list) {
  let today = dayOf(Date.now());
  const timer = setInterval(() => {
    if (dayOf(Date.now()) === today) return;
    today = dayOf(Date.now());
    for (const item of itemsIn(list)) group(item);
  }, MINUTE_MS);
  return () => clearInterval(timer);
}
