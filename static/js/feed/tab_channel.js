/** The messages between the tabs of one browser that share a feed. */

/**
 * From the leading tab; missed: undefined means wait, null means not known any more.
 * @typedef {{to: string, by: string, state: FeedState, position: string, missed: FeedEvent[]|null|undefined,
 *   hidden: boolean}} Answer
 */
/**
 * By kind, with their data.
 * @typedef {{event: {by: string, before: string, event: FeedEvent}, state: {state: FeedState}, led: {},
 *   denied: {topics: string[]}, expect: {id: string}, look: {}, ask: import("./tab_leader.js").Asking, answer: Answer}} Sayings
 */
/** @typedef {{[Kind in keyof Sayings]: (said: Sayings[Kind]) => void}} Ears */

export class TabChannel {
  #channel;
  #ears;
  #closed = false;

  /** @param {string} name @param {Ears} ears */
  constructor(name, ears) {
    this.#ears = ears;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data.kind, data);
  }

  /** @template {keyof Sayings} Kind @param {Kind} kind @param {Sayings[Kind]} said */
  say(kind, said) {
    // After the page is closed, pending messages and timers have no receiver.
    if (!this.#closed) this.#channel.postMessage({ kind, ...said });
  }

  close() {
    this.#closed = true;
    this.#channel.close();
  }

  /**
   * A tab with an older or newer version may send unknown kinds.
   * @template {keyof Sayings} Kind @param {Kind} kind @param {Sayings[Kind]} said
   */
  #hear(kind, said) {
    this.#ears[kind]?.(said);
  }
}
