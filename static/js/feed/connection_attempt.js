/**
 * One attempt to connect: by the transport that worked last, and by the other one beside it when that fails or is slow.
 * The first to open is used.
 */

/** @typedef {import("./live_feed.js").Line} Line */
/** @typedef {import("./live_feed.js").Road} Road */

const HEAD_START_MS = 750;

export class Attempt {
  answered = false; // whether any line was ended by an answer, which may be a refusal
  #dial;
  /** @type {Road|undefined} what was not tried yet */ #other;
  /** @type {Set<Line>} */ #lines;
  #timer = setTimeout(() => this.#dialOther(), HEAD_START_MS);

  /** @param {Road} first @param {(road: Road) => Line} dial what becomes of a line is told by `won` and `lost` */
  constructor(first, dial) {
    this.#dial = dial;
    this.#other = first === "websocket" ? "stream" : "websocket";
    this.#lines = new Set([dial(first)]);
  }

  /** @param {Line} line */
  has(line) {
    return this.#lines.has(line);
  }

  /** @param {Line} line that opened */
  won(line) {
    this.#lines.delete(line);
    this.stop();
  }

  /** @param {Line} line that ended @param {boolean} answered @returns {boolean} whether all is lost */
  lost(line, answered) {
    this.#lines.delete(line);
    this.answered ||= answered;
    this.#dialOther();
    return this.#lines.size === 0;
  }

  stop() {
    clearTimeout(this.#timer);
    for (const line of this.#lines) line.hangUp();
  }

  #dialOther() {
    clearTimeout(this.#timer);
    if (this.#other) this.#lines.add(this.#dial(this.#other));
    this.#other = undefined;
  }
}
