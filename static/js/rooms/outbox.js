/**
 * Unsent messages, in the order in which they were written.
 *
 * 1. A message is stored over a reload until the server has it, with a key so that the server posts it once. 2. One is
 * sent at a time, in order. 3. Messages that failed without a connection are sent again once there is one.
 */
import { explain, Problem, send } from "../lib/api.js";
import { clientKey } from "../lib/client_key.js";
import { store, stored } from "../lib/storage.js";

const ARRIVAL_MS = 10_000; // a sent message that the feed does not deliver by then was deleted

/** @typedef {Unsent & {state: "waiting"|"sending"|"sent"|"failed", problem?: Problem}} Outgoing */

export class Outbox {
  /** @type {Outgoing[]} */ #items = [];
  #sending = false;

  /**
   * @param {number} roomId @param {ExpectingFeed} feed
   * @param {{changed: (items: Outgoing[]) => void, arrived: (item: Unsent) => boolean}} page changed: called after every change;
   * arrived: whether a message is shown already
   */
  constructor(roomId, feed, { changed, arrived }) {
    this.roomId = roomId;
    this.feed = feed;
    this.changed = changed;
    this.arrived = arrived;
    this.store = new OutboxStore(roomId);
  }

  start() {
    const controller = new AbortController();
    const again = () => this.feed.state === "live" && this.retryAll();
    const unsent = this.store.load().filter((item) => !this.arrived(item));
    this.#items = unsent.map((item) => ({ ...item, state: "waiting" }));
    this.feed.addEventListener("state", again, { signal: controller.signal });
    this.#save();
    this.#sendWaiting();
    return () => controller.abort();
  }

  /** @param {string} content @param {number} authorId @param {Quote|null} [reply_to] */
  add(content, authorId, reply_to = null) {
    const item = { key: clientKey(), author_id: authorId, content, date: new Date().toISOString(), reply_to };
    this.#items.push({ ...item, state: "waiting" });
    this.#save();
    this.#sendWaiting();
  }

  /** @param {string} key */
  retry(key) {
    for (const item of this.#items) if (item.key === key && item.state === "failed") item.state = "waiting";
    this.#sendWaiting();
  }

  /** All that failed through no fault of the message. */
  retryAll() {
    for (const item of this.#items) if (item.state === "failed" && isTemporary(item.problem)) item.state = "waiting";
    this.#sendWaiting();
  }

  /** The message has arrived, or was discarded. @param {string} key */
  drop(key) {
    if (!this.#items.some((item) => item.key === key)) return;
    this.#items = this.#items.filter((item) => item.key !== key);
    this.#save();
  }

  #save() {
    this.store.save(this.#items.filter(({ state }) => state !== "sent"));
    this.changed(this.#items);
  }

  async #sendWaiting() {
    if (this.#sending) return;
    this.#sending = true;
    for (let item = this.#next(); item; item = this.#next()) {
      item.state = "sending";
      this.changed(this.#items);
      const sent = await this.#send(item);
      if (sent && this.arrived(item)) this.drop(item.key);
      else this.#save();
    }
    this.#sending = false;
    this.changed(this.#items);
  }

  #next() {
    return this.#items.find(({ state }) => state === "waiting");
  }

  /** @param {Outgoing} item */
  async #send(item) {
    const { author_id, content, key, reply_to } = item;
    try {
      const body = { author_id, content, client_key: key, ...(reply_to && { reply_to: reply_to.id }) };
      const { eventId } = await send("POST", `/rooms/${this.roomId}/messages`, body);
      item.state = "sent";
      this.feed.expectEvent(eventId);
      setTimeout(() => this.feed.state === "live" && this.drop(item.key), ARRIVAL_MS);
      return true;
    } catch (caught) {
      item.problem = Problem.of(caught);
      item.state = "failed";
      if (isTemporary(item.problem)) this.#failRest(item.problem);
      return false;
    }
  }

  /** Later messages would fail too, and must not overtake it. @param {Problem} problem */
  #failRest(problem) {
    for (const item of this.#items) if (item.state === "waiting") Object.assign(item, { state: "failed", problem });
  }
}

/** A room's stored outbox. Several tabs may have unsent messages: each changes only its own. */
class OutboxStore {
  /** @type {Set<string>} the keys that this tab has dealt with */ #own = new Set();
  #place;

  /** @param {number} roomId */
  constructor(roomId) {
    this.#place = /** @type {const} */ (`outbox:${roomId}`);
  }

  /** All unsent messages, which become this tab's own too: however many tabs send one, it is posted once. */
  load() {
    const items = stored(this.#place) ?? [];
    for (const { key } of items) this.#own.add(key);
    return items;
  }

  /** @param {Unsent[]} items all of this tab's */
  save(items) {
    for (const { key } of items) this.#own.add(key);
    const others = (stored(this.#place) ?? []).filter(({ key }) => !this.#own.has(key));
    const own = items.map(({ key, author_id, content, date, reply_to }) => ({
      key,
      author_id,
      content,
      date,
      reply_to,
    }));
    const all = [...others, ...own];
    store(this.#place, all.length ? all : null);
  }
}

/** Whether a retry may succeed. @param {Problem|undefined} problem */
const isTemporary = (problem) =>
  !problem || problem.status === 0 || problem.status >= 500 || [401, 408, 429].includes(problem.status);

/** @param {Problem|undefined} problem */
export const explainUnsent = (problem) => (problem ? explain(problem, "Not sent") : "");
