/** The page of the search in everything: the server makes it; times come in the reader's own clock and language. */
import { showMoment } from "../lib/time.js";

const MINUTE_MS = 60_000;

/** @param {HTMLElement} element the page's main */
export function start(element) {
  const showTimes = () => {
    for (const time of element.querySelectorAll("time")) showMoment(time);
  };
  showTimes();
  const minutes = setInterval(showTimes, MINUTE_MS);
  return () => clearInterval(minutes);
}
