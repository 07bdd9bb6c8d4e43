/** What is on each board, in short: "12 open · 3 people · 5 min. ago". The server counts, again after changes. */
import { pages } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { retryUntilDone } from "../lib/retry.js";
import { showMoment, toMilliseconds } from "../lib/time.js";

const PAUSE_MS = 1_000; // between an event and the request: an import is one change
const MINUTE_MS = 60_000;

/**
 * @param {HTMLElement} list of the boards @param {ExpectingFeed} feed
 * @returns {{fill: (entry: HTMLElement) => void, stop: () => void}} fill: show what is on the board of a new entry
 */
export function start(list, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Map<string, BoardSummaryOut>} */ const known = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ let timer;

  /** @param {HTMLElement} entry */
  const show = (entry) => {
    const summary = known.get(entry.dataset.board ?? "");
    if (summary) write(entry, summary);
  };
  const showTimes = () => {
    for (const time of list.querySelectorAll("time")) showMoment(time);
  };
  const count = async () => {
    for await (const page of pages("/boards/summaries", signal)) {
      for (const summary of page) known.set(String(summary.id), summary);
    }
    for (const entry of list.children) show(/** @type {HTMLElement} */ (entry));
  };
  const load = () => {
    clearTimeout(timer);
    timer = undefined;
    retryUntilDone(count, feed, signal);
  };
  const soon = () => {
    timer ??= setTimeout(load, PAUSE_MS);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { topic = "", note, member } }) => {
    const id = topic.replace(/^board:/, "");
    if ((note || member) && list.querySelector(`[data-board="${id}"]`)) soon();
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  const clock = setInterval(showTimes, MINUTE_MS);
  showTimes();
  /** @param {HTMLElement} entry */
  const fill = (entry) => {
    show(entry);
    soon();
  };
  const stop = () => {
    controller.abort();
    clearTimeout(timer);
    clearInterval(clock);
  };
  return { fill, stop };
}

/** @param {HTMLElement} entry @param {BoardSummaryOut} summary */
function write(entry, { open, people, changed_at }) {
  const words = find(entry, ".summary-open");
  words.textContent = `${open} open`;
  words.hidden = false;
  const shown = find(entry, ".summary-people");
  shown.textContent = `${people} ${people === 1 ? "person" : "people"}`;
  shown.hidden = !people;
  const time = find(entry, "time", HTMLTimeElement);
  time.hidden = !changed_at;
  if (!changed_at) return;
  time.dateTime = toMilliseconds(changed_at);
  showMoment(time);
}
