/**
 * Detects a connection that is open but delivers nothing: pings are invisible to a page, and a proxy may open a websocket
 * and swallow its frames. After a silence, and when an event that is known to exist has not arrived, one request gets the
 * newest id of the topics, which the feed must reach.
 */
import { isNewer } from "./event_ids.js";

const SILENCE_MS = 30_000;
const SPREAD_MS = 5_000; // so that a restart does not bring every reader's request in the same second
const ARRIVAL_MS = 3_000;

export class StallCheck {
  #awaited = "";
  #checking = false;
  #checked = ""; // up to here nothing is awaited: the feed had its time, or it is not about its topics
  #arrivalTimer = 0;
  #silenceTimer = 0;
  #generation = 0; // grows when a request that is under way is void

  /**
   * @param {() => Promise<string>} newest asks for the newest id of the topics
   * @param {(id: string) => boolean} isUnknown whether the feed has not reached an id
   * @param {{dead: () => void, stalled: () => void}} listeners dead: nobody answers
   */
  constructor(newest, isUnknown, listeners) {
    this.newest = newest;
    this.isUnknown = isUnknown;
    this.listeners = listeners;
  }

  /** The connection delivers: check it after a silence. @param {number} ms */
  rest(ms = SILENCE_MS) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.check(), ms + Math.random() * SPREAD_MS);
  }

  async check() {
    this.rest();
    if (this.#checking) return;
    this.#checking = true;
    const newest = await this.#ask();
    this.#checking = false;
    if (newest) this.expectEvent(newest);
  }

  /** @param {string} id */
  expectEvent(id) {
    if (this.#awaited || !this.#isMissing(id)) return;
    this.#awaited = id;
    this.#arrivalTimer = setTimeout(() => this.#verify(id), ARRIVAL_MS);
  }

  stop() {
    this.#generation++;
    clearTimeout(this.#arrivalTimer);
    clearTimeout(this.#silenceTimer);
    this.#awaited = "";
  }

  /** @param {string} id */
  #isMissing(id) {
    return this.isUnknown(id) && isNewer(id, this.#checked);
  }

  /** @param {string} id */
  async #verify(id) {
    const newest = this.#isMissing(id) ? await this.#ask() : "";
    this.#awaited = "";
    if (!newest) return;
    this.#checked = isNewer(id, newest) ? id : newest;
    if (this.isUnknown(newest)) this.listeners.stalled();
  }

  /** @returns {Promise<string>} "" when the answer is void or missing */
  async #ask() {
    const generation = this.#generation;
    try {
      const newest = await this.newest();
      return generation === this.#generation ? newest : "";
    } catch {
      if (generation === this.#generation) this.listeners.dead();
      return "";
    }
  }
}
