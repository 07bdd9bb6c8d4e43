/** Checks that the leading tab responds, and takes the lock from one that is frozen. */

const PULSE_MS = 700;
const FROZEN_MS = 1_500;

export class LeaderHeartbeat {
  #answeredAt = performance.now();
  #timer = setInterval(() => this.#check(), PULSE_MS);
  #follows;
  #ask;
  #steal;

  /** @param {() => boolean} follows @param {() => void} ask @param {() => void} steal */
  constructor(follows, ask, steal) {
    this.#follows = follows;
    this.#ask = ask;
    this.#steal = steal;
  }

  answered() {
    this.#answeredAt = performance.now();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Only in a visible tab: browsers slow down the timers of hidden ones. */
  #check() {
    if (!this.#follows() || document.hidden) return this.answered();
    if (performance.now() - this.#answeredAt <= FROZEN_MS) return this.#ask();
    this.answered();
    this.#steal();
  }
}
