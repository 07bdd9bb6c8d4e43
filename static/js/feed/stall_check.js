/**
 * Detects a connection that is open but delivers nothing. An event that is known to exist must arrive soon; if it does
 * not, a second connection shows whether it is missing, or not for us.
 */
import { isNewer } from "./event_ids.js";

/** @typedef {import("./live_feed.js").Connection} Connection */

const ARRIVAL_MS = 3_000;

export class StallCheck {
  /** @type {Connection|undefined} */ #second;
  #awaited = "";
  #checked = ""; // up to here the second connection brought nothing
  #timer = 0;

  /**
   * @param {() => Connection|undefined} openSecond opens a second connection, if there is a first
   * @param {(id: string) => boolean} isUnknown
   */
  constructor(openSecond, isUnknown) {
    this.openSecond = openSecond;
    this.isUnknown = isUnknown;
  }

  /** @param {string} id */
  expectEvent(id) {
    if (this.#awaited || !this.#isMissing(id)) return;
    this.#awaited = id;
    this.#timer = setTimeout(() => this.#verify(id), ARRIVAL_MS);
  }

  /** @param {Connection} connection */
  has(connection) {
    return connection === this.#second;
  }

  /** Whether an event of the second connection proves that the first one stalls: then the check is over. @param {FeedEvent} event */
  confirms({ id }) {
    if (!id || !this.isUnknown(id)) return false;
    this.#second = undefined;
    this.stop();
    return true;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#second?.close();
    this.#second = undefined;
    this.#awaited = "";
  }

  /** @param {string} id */
  #isMissing(id) {
    return this.isUnknown(id) && isNewer(id, this.#checked);
  }

  /** @param {string} id */
  #verify(id) {
    this.#awaited = "";
    this.#second = this.#isMissing(id) ? this.openSecond() : undefined;
    this.#timer = setTimeout(() => {
      if (this.#second?.opened) this.#checked = id;
      this.stop();
    }, ARRIVAL_MS);
  }
}
