/** The time of a message, in the viewer's zone: hour and minute beside it, the day above it. */
import { language, once, showMoment, toMilliseconds } from "../lib/time.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const hour = once(() => new Intl.DateTimeFormat(language, { timeStyle: "short" }));
const near = once(() => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));
const thisYear = once(() => new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }));
const otherYear = once(() => new Intl.DateTimeFormat(language, { dateStyle: "full" }));

/** @param {HTMLTimeElement} element @param {string} date RFC 3339 */
export function showTime(element, date) {
  const exactly = toMilliseconds(date);
  if (element.dateTime !== exactly) element.dateTime = exactly;
  showMoment(element, hour().format);
}

/** @param {HTMLTimeElement} element @param {string} date RFC 3339 */
export function showDay(element, date) {
  const day = dayOf(date);
  const words = dayName(new Date(date));
  if (element.dateTime !== day) element.dateTime = day;
  if (element.textContent !== words) element.textContent = words;
}

/** The day here, as 2026-01-31. @param {string|number} date RFC 3339, or milliseconds */
export function dayOf(date) {
  const moment = new Date(date);
  const [month, day] = [moment.getMonth() + 1, moment.getDate()].map((number) => String(number).padStart(2, "0"));
  return `${moment.getFullYear()}-${month}-${day}`;
}

/** @param {Date} moment */
function dayName(moment) {
  const today = new Date();
  const ago = Math.round((startOfDay(today) - startOfDay(moment)) / DAY_MS); // a day may have 23 or 25 hours
  if (ago === 0 || ago === 1) return capital(near().format(-ago, "day"));
  return (moment.getFullYear() === today.getFullYear() ? thisYear : otherYear)().format(moment);
}

/** @param {Date} moment */
const startOfDay = (moment) => new Date(moment).setHours(0, 0, 0, 0);

/** @param {string} words */
const capital = (words) => words.charAt(0).toLocaleUpperCase(language) + words.slice(1);
