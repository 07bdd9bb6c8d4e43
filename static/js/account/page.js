/** The account's page: copy buttons for secrets, and relative times. */
import * as clipboard from "../lib/clipboard.js";
import { ago, exact, language } from "../lib/time.js";

const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

/** @param {HTMLElement} element the page's main */
export function start(element) {
  clipboard.start(element);
  for (const time of element.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const ahead = moment.getTime() > Date.now();
    time.textContent = ahead ? day.format(moment) : ago(moment);
    time.title = exact.format(moment);
  }
}
