/**
 * Where in the conversation one is.
 *
 * The log is laid out from its end (flex-direction: column-reverse), so a position is a distance from the newest message:
 * at the end it stays at the end, and what is put in or grows above moves nothing. What changes below is made up for here.
 */
import { emit } from "./messages.js";

const CLOSE = 48; // pixels from the end that count as the end

export class LogScroll {
  /**
   * Dispatches from the log: `log:moved` when its end is reached or left, `log:newest` when the newest are wanted.
   * @param {HTMLElement} log @param {HTMLElement} list
   */
  constructor(log, list) {
    this.log = log;
    this.list = list;
    this.atEnd = this.#isAtEnd();
  }

  start() {
    const over = new AbortController();
    this.log.addEventListener("scroll", () => this.#look(), { signal: over.signal, passive: true });
    return () => over.abort();
  }

  #isAtEnd() {
    return this.below < CLOSE && !("detached" in this.list.dataset);
  }

  /** Pixels of the log below what is in sight. */
  get below() {
    return -this.log.scrollTop;
  }

  /** Pixels of the log above what is in sight. */
  get above() {
    return this.log.scrollHeight - this.log.clientHeight + this.log.scrollTop;
  }

  #look() {
    const atEnd = this.#isAtEnd();
    if (atEnd === this.atEnd) return;
    this.atEnd = atEnd;
    emit(this.log, "log:moved");
  }

  /** To the newest message, which may have to be fetched first. */
  toEnd() {
    this.log.scrollTop = 0;
    if ("detached" in this.list.dataset) emit(this.log, "log:newest");
    this.#look();
  }

  /** Have a message in sight with what follows it, unless it is. @param {Element} item */
  show(item) {
    const above = this.log.getBoundingClientRect().top - item.getBoundingClientRect().top;
    if (above > 0) this.log.scrollTop -= above;
    this.#look();
  }

  /** Change something in the log; what one is looking at stays where it is. @param {() => void} change */
  keeping(change) {
    const anchor = this.#isAtEnd() ? null : this.#topmost();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected && before !== undefined) this.log.scrollTop += anchor.getBoundingClientRect().top - before;
    this.#look();
  }

  /** The first message in sight, found by halving. @returns {Element|undefined} */
  #topmost() {
    const items = this.list.children;
    const { top } = this.log.getBoundingClientRect();
    let [low, high] = [0, items.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle].getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    return items[low];
  }
}
