/** Relative times, with the exact one on hover. */
import { find } from "./elements.js";

const MINUTE_MS = 60_000;
/** @type {[Intl.RelativeTimeFormatUnit, number][]} how many minutes a unit has */
const STEPS = [
  ["year", 365 * 24 * 60],
  ["month", 30 * 24 * 60],
  ["day", 24 * 60],
  ["hour", 60],
  ["minute", 1],
];

export const language = document.documentElement.lang;
const relative = once(() => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
const exact = once(() => new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }));

/**
 * A format that is made when it is first used: each takes milliseconds, and a page is to start soon.
 * @template T @param {() => T} make @returns {() => T}
 */
export function once(make) {
  /** @type {T|undefined} */ let made;
  return () => (made ??= make());
}

/** To the millisecond, as an element's `datetime` takes it. @param {string} date RFC 3339 */
export const toMilliseconds = (date) => date.replace(/(\.\d{3})\d*/, "$1");

/** @param {Date} moment */
export function ago(moment) {
  const minutes = Math.floor(Math.max(0, Date.now() - moment.getTime()) / MINUTE_MS);
  const [unit, size] = STEPS.find(([, size]) => minutes >= size) ?? [null, 1];
  return unit ? relative().format(-Math.floor(minutes / size), unit) : "just now";
}

/** Show a time in words, and exactly on hover. @param {HTMLTimeElement} time @param {(moment: Date) => string} [inWords] */
export function showMoment(time, inWords = ago) {
  const moment = new Date(time.dateTime);
  const words = inWords(moment);
  if (time.textContent === words) return;
  time.textContent = words;
  time.title = exact().format(moment);
}

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  /** @type {Set<HTMLElement>} */ let cards = new Set();
  /** @param {HTMLElement} card */
  const show = (card) => showMoment(find(card, "time", HTMLTimeElement));
  /** @param {BoardEvents["notes:near"]} event */
  const onNear = ({ detail: { came, near } }) => {
    cards = near;
    came.forEach(show);
  };
  element.addEventListener("notes:near", onNear, { signal: controller.signal });
  const timer = setInterval(() => cards.forEach(show), MINUTE_MS);
  return () => {
    controller.abort();
    clearInterval(timer);
  };
}
