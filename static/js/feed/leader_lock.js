/** Leader election among the tabs of a browser, by a lock. A closed tab releases it; a frozen tab can lose it. */

export class LeaderLock {
  /** @type {AbortController|undefined} */ #waiting;
  /** @type {(() => void)|undefined} */ #release;

  /** @param {string} name of the lock @param {() => void} begin @param {() => void} end */
  constructor(name, begin, end) {
    this.name = name;
    this.begin = begin;
    this.end = end;
  }

  get held() {
    return Boolean(this.#release);
  }

  /** Wait for the lock, however long, or take it from the tab that holds it. */
  request({ steal = false } = {}) {
    if (!navigator.locks) return void this.#hold(); // none on plain http across a network: every tab leads itself
    this.#waiting?.abort();
    const waiting = new AbortController();
    this.#waiting = waiting;
    const options = steal ? { steal } : { signal: waiting.signal };
    navigator.locks
      .request(this.name, options, () => waiting.signal.aborted || this.#hold())
      .catch(() => {
        if (waiting.signal.aborted) return;
        this.#give(); // stolen: this tab was frozen
        this.request();
      });
  }

  release() {
    this.#waiting?.abort();
    this.#give();
  }

  #hold() {
    /** @type {Promise<void>} */
    const held = new Promise((release) => {
      this.#release = release;
    });
    this.begin();
    return held;
  }

  #give() {
    if (!this.#release) return;
    this.#release();
    this.#release = undefined;
    this.end();
  }
}
