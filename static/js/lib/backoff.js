/** Exponential backoff with full jitter: doubling to a ceiling, so that many clients do not reconnect at once. */

const FIRST_MS = 500;
const EARLY_MS = 3_000; // the ceiling of the first minutes: with an attempt that fails at once, less than 4 s from one to the next
const EARLY_FOR_MS = 180_000;
const LAST_MS = 30_000;

export class Backoff {
  #failures = 0;
  /** @type {number|undefined} when the first minutes began */ #since;

  /** @returns {number} milliseconds until the next attempt, "full jitter" */
  next() {
    this.#since ??= performance.now();
    const ceiling = Math.min(this.isEarly ? EARLY_MS : LAST_MS, FIRST_MS * 2 ** this.#failures++);
    return Math.random() * ceiling;
  }

  /** Whether these are the first minutes. */
  get isEarly() {
    return this.#since === undefined || performance.now() - this.#since < EARLY_FOR_MS;
  }

  /** A person waits: the first minutes start again, the pauses do not. */
  renew() {
    this.#since = undefined;
  }

  reset() {
    this.#failures = 0;
    this.renew();
  }
}
