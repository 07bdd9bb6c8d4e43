/** What a room's outbox keeps over a reload. Several tabs may have unsent messages: each touches only its own. */
import { keep, kept } from "../lib/storage.js";

export class OutboxStore {
  /** @type {Set<string>} the keys that this tab has dealt with */ #own = new Set();
  #place;

  /** @param {number} roomId */
  constructor(roomId) {
    this.#place = /** @type {const} */ (`outbox:${roomId}`);
  }

  /** Everything unsent, which becomes this tab's own too: however many send it, it is posted once. */
  take() {
    const items = kept(this.#place) ?? [];
    for (const { key } of items) this.#own.add(key);
    return items;
  }

  /** @param {Unsent[]} items all of this tab's */
  save(items) {
    for (const { key } of items) this.#own.add(key);
    const others = (kept(this.#place) ?? []).filter(({ key }) => !this.#own.has(key));
    const own = items.map(({ key, author_id, content, date }) => ({ key, author_id, content, date }));
    const all = [...others, ...own];
    keep(this.#place, all.length ? all : null);
  }
}
