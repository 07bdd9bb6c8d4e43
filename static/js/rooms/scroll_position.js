/**
 * The scroll position of a conversation.
 *
 * The log is laid out from its end (flex-direction: column-reverse), so a position is a distance from the newest message:
 * the end stays the end, and content inserted above moves nothing. This module compensates for changes below.
 */
import { emit } from "../lib/page_events.js";

/** @typedef {{anchor: Element|undefined, top: number, scrollTop: number}} Held */

const CLOSE = 48; // pixels from the end that count as the end

export class LogScroll {
  /** @type {Held|undefined} what stays where it is in this frame */ #held;

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
    const controller = new AbortController();
    this.log.addEventListener("scroll", () => this.#update(), { signal: controller.signal, passive: true });
    return () => controller.abort();
  }

  #isAtEnd() {
    return this.below < CLOSE && !("detached" in this.list.dataset);
  }

  /** Pixels of the log below the visible part. */
  get below() {
    return -this.log.scrollTop;
  }

  /** Pixels of the log above the visible part. */
  get above() {
    return this.log.scrollHeight - this.log.clientHeight + this.log.scrollTop;
  }

  #update() {
    const atEnd = this.#isAtEnd();
    if (atEnd === this.atEnd) return;
    this.atEnd = atEnd;
    emit(this.log, "log:moved");
  }

  /** Scroll to the newest message, which may have to be loaded first. */
  toEnd() {
    this.#held = undefined; // what was in sight before need not stay
    this.log.scrollTop = 0;
    if ("detached" in this.list.dataset) emit(this.log, "log:newest");
    this.#update();
  }

  /** Scroll to a message and its successors, unless it is visible. @param {Element} item */
  show(item) {
    const above = this.log.getBoundingClientRect().top - item.getBoundingClientRect().top;
    if (above > 0) this.log.scrollTop -= above;
    this.#update();
  }

  /**
   * Change the log; the visible part stays where it is.
   * @template T @param {() => T} change @returns {T}
   */
  keeping(change) {
    const held = this.atEnd ? null : this.#hold(); // at the end it stays at the end, and nothing has to be measured
    const made = change();
    if (held) this.#restore(held);
    return made;
  }

  /** The same for frequent changes: positions are measured once a frame. @param {() => void} change */
  keepingSoon(change) {
    if (!this.atEnd && !this.#held) {
      this.#held = this.#hold();
      requestAnimationFrame(() => {
        if (this.#held) this.#restore(this.#held);
        this.#held = undefined;
      });
    }
    change();
  }

  /** @returns {Held} */
  #hold() {
    const anchor = this.#topmost();
    return { anchor, top: anchor?.getBoundingClientRect().top ?? 0, scrollTop: this.log.scrollTop };
  }

  /** The user may have scrolled since. @param {Held} held */
  #restore({ anchor, top, scrollTop }) {
    const scrolled = this.log.scrollTop - scrollTop;
    if (anchor?.isConnected) this.log.scrollTop += anchor.getBoundingClientRect().top - top + scrolled;
    this.#update();
  }

  /** The first visible message, by binary search. @returns {Element|undefined} */
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
