/**
 * The leading tab's work: one connection with the topics of all tabs, and a response for each tab that asks.
 *
 * 1. A tab gets the events that it missed only when the connection has had its topics since then; until then it waits.
 * 2. For further topics, or older events, the connection restarts at the position of the waiting tab: the others get
 * some events again, and drop them. 3. For fewer topics it restarts where it is. 4. A denied topic is left out, until a
 * tab asks that was opened later, or adds it: then it is tried once again. 5. A tab that joins gets the last state of what has no
 * id, such as presence: it would otherwise get it only with the next change. It is unknown while there is no connection.
 */
import { behind, isNewer } from "./event_ids.js";
import { RecentEvents } from "./recent_events.js";
import { TabTopics } from "./tab_topics.js";
import { isAbout } from "./topics.js";

/** @typedef {{feed: import("./resuming_feed.js").ResumingFeed, stop: () => void}} Connected */
/** @typedef {(topics: string, last: string) => Connected} Connect */
/** @typedef {{tab: string, topics: string[], last: string, added?: string[]}} Asking a tab, what it wants, the newest it knows, and what it wants only now */

const GROW_MS = 30; // tabs that come together are served together
const SHRINK_MS = 300; // a person who goes from page to page may want the same again
const FAR = 1_000; // events: who is further behind fetches its state again

export class TabLeader {
  #tabTopics;
  #own;
  #past;
  #position;
  /** @type {string[]} the topics of the connection */ #carried;
  /** @type {{topics: string, after: string}|undefined} what the connection is about to become */ #aim;
  /** @type {string|undefined} from where it has to begin for the tabs that wait */ #from;
  #timer = 0;
  /** @type {Set<string>} */ #denied = new Set();
  /** @type {Map<string, FeedEvent>} the latest event without an id, by topic */ #volatile = new Map();
  /** @type {Set<string>} tabs that have not got these yet */ #newcomers = new Set();

  /**
   * @param {string} name of all that the tabs share @param {Asking} me @param {Connect} connect
   * @param {{event: (before: string, event: FeedEvent) => void, state: (state: FeedState) => void, resubscribed: () => void,
   * denied: (topics: string[]) => void}} listeners
   */
  constructor(name, { tab, topics, last }, connect, listeners) {
    this.listeners = listeners;
    this.#past = new RecentEvents(last);
    this.#position = last;
    this.#carried = topics;
    this.#tabTopics = new TabTopics(name, () => this.#resubscribeSoon(SHRINK_MS));
    this.#tabTopics.set(tab, topics);
    this.#own = connect(String(topics), last);
    const { feed } = this.#own;
    feed.addEventListener("change", ({ detail }) => this.#pass(detail));
    feed.addEventListener("reset", ({ detail }) => this.#pass(detail));
    feed.addEventListener("state", ({ detail }) => {
      if (detail !== "live") this.#volatile.clear();
      listeners.state(detail);
    });
    feed.addEventListener("denied", ({ detail }) => this.#deny(detail));
    feed.addEventListener("resubscribed", ({ detail }) => this.#resubscribed(detail));
  }

  get state() {
    return this.#own.feed.state;
  }

  get position() {
    return this.#position;
  }

  /** @param {string} id */
  expectEvent(id) {
    this.#own.feed.expectEvent(id);
  }

  checkConnection() {
    this.#own.feed.checkConnection();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#tabTopics.stop();
    this.#own.stop();
  }

  /**
   * The events that a tab has missed, oldest first: null when they are not known any more, undefined when it has to wait.
   * @param {Asking} asking @returns {FeedEvent[]|null|undefined}
   */
  missed({ tab, topics, last, added = [] }) {
    const isNew = this.#tabTopics.set(tab, topics);
    if (isNew) this.#newcomers.add(tab);
    for (const topic of isNew ? topics : added) this.#denied.delete(topic);
    const far = Math.abs(behind(last, this.#position)) > FAR;
    if (topics.every((topic) => this.#carried.includes(topic) || this.#denied.has(topic))) {
      const missed = this.#past.since(last);
      if (!missed && far) return null;
      if (missed) return [...missed, ...this.#news(tab)].filter((event) => isAbout(topics, event));
    }
    const from = far ? this.#position : last;
    if (!this.#from || isNewer(this.#from, from)) this.#from = from;
    this.#resubscribeSoon(GROW_MS);
    return undefined;
  }

  /** The latest events without an id, for a tab that has just joined. @param {string} tab */
  #news(tab) {
    return this.#newcomers.delete(tab) ? this.#volatile.values() : [];
  }

  /** @param {number} ms */
  #resubscribeSoon(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#resubscribe(), ms);
  }

  #resubscribe() {
    const topics = String(this.#tabTopics.union.filter((topic) => !this.#denied.has(topic)));
    const from = this.#from && isNewer(this.#position, this.#from) ? this.#from : this.#position;
    this.#from = undefined;
    const { topics: now, after } = this.#aim ?? { topics: String(this.#carried), after: this.#position };
    if (topics === now && !isNewer(after, from)) return; // it is so, or will be
    this.#aim = { topics, after: from };
    this.#own.feed.resubscribe(this.#aim);
  }

  /** @param {string[]} topics */
  #deny(topics) {
    for (const topic of topics) this.#denied.add(topic);
    this.#carried = this.#carried.filter((topic) => !this.#denied.has(topic));
    this.listeners.denied(topics);
  }

  /** @param {{topics: string, after: string}} subscription what the connection brings from now on */
  #resubscribed({ topics, after }) {
    this.#aim = undefined;
    const carried = topics.split(",");
    const more = carried.some((topic) => !this.#carried.includes(topic));
    if (more || isNewer(this.#position, after)) this.#past = new RecentEvents(after);
    this.#carried = carried;
    for (const topic of this.#volatile.keys()) if (!carried.includes(topic)) this.#volatile.delete(topic);
    this.#position = after;
    this.listeners.resubscribed();
  }

  /** @param {FeedEvent} event */
  #pass(event) {
    const reset = event.action === "reset";
    const before = event.id && !reset ? this.#position : "";
    if (reset) this.#past = new RecentEvents(event.id ?? "");
    else if (event.id) this.#past.add(event);
    else if (event.topic) this.#volatile.set(event.topic, event);
    this.#position = event.id ?? this.#position;
    this.listeners.event(before, event);
  }
}
