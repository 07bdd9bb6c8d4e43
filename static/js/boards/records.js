/**
 * A list of what was: the activity, the bin, the history of a note. The server makes it, so it is fetched again after a
 * change of a note. Only its newest part is live: a list with `data-live`.
 */
import { ask, Problem } from "../lib/api.js";
import { clone, find } from "../lib/elements.js";
import { remove } from "../lib/focus.js";
import { retryUntilDone } from "../lib/retry.js";
import { showMoment, toMilliseconds } from "../lib/time.js";
import { showNameOf } from "../shell/user_names.js";

const PAUSE_MS = 300; // between an event and the request: a burst of changes is one
const MINUTE_MS = 60_000;

/**
 * @template Entry
 * @param {ExpectingFeed} feed
 * @param {{path: string, concerns: (note: Note) => boolean, keyOf: (entry: Entry) => string,
 *   fill: (item: HTMLElement, entry: Entry) => void, changed?: (entries: Entry[]) => void}} kind
 *   path: below /api; concerns: whether a change of a note may change the list; changed: after it was fetched
 * @returns {() => void} stop
 */
export function start(feed, { path, concerns, keyOf, fill, changed }) {
  const list = find(document, "#records");
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ let timer;
  let loading = new AbortController();

  const showTimes = () => {
    for (const time of list.querySelectorAll("time:not(.record-until)"))
      showMoment(/** @type {HTMLTimeElement} */ (time));
  };
  /** @param {Entry[]} entries */
  const show = (entries) => {
    const items = /** @type {HTMLCollectionOf<HTMLElement>} */ (list.children);
    const known = new Map([...items].map((item) => [item.dataset.key, item]));
    const shown = entries.map((entry) => {
      const key = keyOf(entry);
      const item = known.get(key) ?? clone("record");
      item.dataset.key = key;
      fill(item, entry);
      return item;
    });
    for (const item of [...items]) if (!shown.includes(item)) remove(item);
    shown.forEach((item, index) => {
      if (items[index] !== item) list.insertBefore(item, items[index] ?? null);
    });
    showTimes();
    changed?.(entries);
  };
  const load = async () => {
    try {
      show((await ask(path, { signal: loading.signal })).value);
    } catch (caught) {
      if (Problem.of(caught).status !== 404) throw caught;
      show([]); // the note is deleted
    }
  };
  const reload = () => {
    clearTimeout(timer);
    loading.abort();
    loading = new AbortController();
    retryUntilDone(load, feed, AbortSignal.any([loading.signal, signal]));
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { note } }) => {
    if (!note || !concerns(note)) return;
    clearTimeout(timer);
    timer = setTimeout(reload, PAUSE_MS);
  };
  const minutes = setInterval(showTimes, MINUTE_MS);
  showTimes();
  if ("live" in list.dataset) {
    feed.addEventListener("change", onChange, { signal });
    feed.addEventListener("reset", reload, { signal });
  }
  return () => {
    clearInterval(minutes);
    clearTimeout(timer);
    controller.abort();
  };
}

/** What the page calls something. @param {string} name @param {string} otherwise a name that it has */
export function wordsFor(name, otherwise) {
  const { content } = find(document, "#record-words", HTMLTemplateElement);
  return (content.querySelector(`[data-name="${CSS.escape(name)}"]`) ?? find(content, `[data-name="${otherwise}"]`))
    .textContent;
}

/** Show who did something and when. @param {HTMLElement} item @param {number|null|undefined} by @param {string} at */
export function fillWho(item, by, at) {
  showNameOf(find(item, ".record-who"), by);
  find(item, ".record-nobody").hidden = Boolean(by);
  find(item, "time", HTMLTimeElement).dateTime = toMilliseconds(at);
}
