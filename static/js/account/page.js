/** The account's page: copy buttons for secrets, and relative times. */
import * as clipboard from "../lib/clipboard.js";
import { ago, language, showMoment } from "../lib/time.js";

const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

/** @param {HTMLElement} element the page's main */
export function start(element) {
  clipboard.start(element);
  for (const time of element.querySelectorAll("time")) showMoment(time, dayOrAgo);
}

/** @param {Date} moment */
const dayOrAgo = (moment) => (moment.getTime() > Date.now() ? day.format(moment) : ago(moment));
