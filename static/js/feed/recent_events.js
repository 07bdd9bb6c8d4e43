/** Caches the latest events, for a tab that joins later. */
import { isNewer } from "./event_ids.js";

const REMEMBERED = 500; // events

export class RecentEvents {
  /** @type {FeedEvent[]} */ #events = [];
  #from;

  /** @param {string} from the id since which nothing is missing */
  constructor(from) {
    this.#from = from;
  }

  /** @param {FeedEvent} event */
  add(event) {
    this.#events.push(event);
    if (this.#events.length > REMEMBERED) this.#from = this.#events.shift()?.id ?? this.#from;
  }

  /** What came after an event, oldest first; null when that is not known any more. @param {string} id */
  since(id) {
    return isNewer(this.#from, id) ? null : this.#events.filter((event) => isNewer(event.id ?? "", id));
  }
}
