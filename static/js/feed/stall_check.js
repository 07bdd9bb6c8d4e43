/**
 * Detects a connection that is open but delivers nothing. An event that is known to exist must arrive soon; if it does
 * not, a second connection shows whether it is missing, or not for us.
 */
import { isNewer } from "./event_ids.js";

/** @typedef {import("./live_feed.js").Line} Line */

const ARRIVAL_MS = 3_000;

export class Doubt {
  /** @type {Line|undefined} */ #second;
  #awaited = "";
  #checked = ""; // up to here the second line brought nothing
  #timer = 0;

  /** @param {() => Line|undefined} look opens a second line, if there is a first @param {(id: string) => boolean} isUnknown */
  constructor(look, isUnknown) {
    this.look = look;
    this.isUnknown = isUnknown;
  }

  /** @param {string} id */
  expect(id) {
    if (this.#awaited || !this.#isMissing(id)) return;
    this.#awaited = id;
    this.#timer = setTimeout(() => this.#verify(id), ARRIVAL_MS);
  }

  /** @param {Line} line */
  has(line) {
    return line === this.#second;
  }

  /** Whether what the second line brings proves the first one mute: then that line is let go of. @param {FeedEvent} event */
  isProvedBy({ id }) {
    if (!id || !this.isUnknown(id)) return false;
    this.#second = undefined;
    this.stop();
    return true;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#second?.hangUp();
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
    this.#second = this.#isMissing(id) ? this.look() : undefined;
    this.#timer = setTimeout(() => {
      if (this.#second?.opened) this.#checked = id;
      this.stop();
    }, ARRIVAL_MS);
  }
}
