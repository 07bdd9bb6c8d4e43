/** Checks that the leading tab responds, and takes the lock from one that is frozen. */

const PULSE_MS = 700;
const FROZEN_MS = 1_500;

export class LeaderWatch {
  #answeredAt = performance.now();
  #timer = setInterval(() => this.#check(), PULSE_MS);
  #follows;
  #ask;
  #rob;

  /** @param {() => boolean} follows @param {() => void} ask @param {() => void} rob */
  constructor(follows, ask, rob) {
    this.#follows = follows;
    this.#ask = ask;
    this.#rob = rob;
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
    this.#rob();
  }
}
