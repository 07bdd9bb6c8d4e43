/** The pause between two attempts to connect, counted from the start of the first, which may take long to fail. */
import { Backoff } from "../lib/backoff.js";

const APART_MS = 1_000; // between the attempts of somebody who types: each is two lines and a question

export class RetryPause {
  #backoff = new Backoff();
  #startedAt = 0;
  /** @type {(() => void)|undefined} */ #resolve;
  #timer = 0;

  /** An attempt starts. */
  started() {
    this.stop();
    this.#startedAt = performance.now();
  }

  /** @param {boolean} lasted a connection was lost that had been open @returns {Promise<void>} never, if it is stopped */
  wait(lasted) {
    const ms = this.#backoff.next() - (lasted ? 0 : this.#sinceStart);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }

  /** A person waits: end the pause. */
  shorten() {
    this.#backoff.renew();
    clearTimeout(this.#timer);
    if (this.#resolve) this.#timer = setTimeout(this.#resolve, APART_MS - this.#sinceStart);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#resolve = undefined;
  }

  /** The next pause is a first one again. */
  reset() {
    this.#backoff.reset();
  }

  /** Whether these are the first minutes without a connection. */
  get isEarly() {
    return this.#backoff.isEarly;
  }

  get #sinceStart() {
    return performance.now() - this.#startedAt;
  }
}
