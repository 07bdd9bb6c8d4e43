/**
 * Remembers which transport is tried first: the websocket, or the stream if the websocket failed the last time. Stored in
 * the browser, so that a proxy that swallows websockets costs its wait once, not on each page.
 */
import { store, stored } from "../lib/storage.js";

const AGAIN_MS = 60_000; // how soon the websocket gets another chance; doubles each time it fails
const AGAIN_LAST_MS = 3_600_000;

export class TransportMemory {
  /** @type {StoredValues["road"]|null} */ #failed = stored("road");

  /** @returns {import("./live_feed.js").Transport} */
  get first() {
    return this.#failed ? "stream" : "websocket";
  }

  /** Milliseconds until the websocket is tried again. */
  get againMs() {
    if (!this.#failed) return 0;
    const { at, againMs } = this.#failed;
    return Math.min(againMs, Math.max(0, at + againMs - Date.now())); // a clock may have been put back
  }

  socketFailed() {
    const againMs = this.#failed ? Math.min(AGAIN_LAST_MS, 2 * this.#failed.againMs) : AGAIN_MS;
    this.#store({ at: Date.now(), againMs });
  }

  /** An event arrived by it: only that counts, since a proxy may let it open and then swallow everything. */
  socketWorked() {
    if (this.#failed) this.#store(null);
  }

  /** @param {StoredValues["road"]|null} failed */
  #store(failed) {
    this.#failed = failed;
    store("road", failed);
  }
}
