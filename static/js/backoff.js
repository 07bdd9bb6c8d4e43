/** Waits between attempts: doubling to a ceiling, spread over the whole span so that many readers do not come back at once. */

const FIRST_MS = 500;
const LAST_MS = 30_000;

export class Backoff {
  #failures = 0;

  /** @returns {number} milliseconds until the next attempt, "full jitter" */
  next() {
    const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** this.#failures++);
    return Math.random() * ceiling;
  }

  reset() {
    this.#failures = 0;
  }
}
