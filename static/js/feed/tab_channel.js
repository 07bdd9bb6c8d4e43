/** What the tabs of one browser say to one another about the feed that they share. */

/**
 * Of the tab that leads; missed: undefined asks for patience, null cannot be told any more.
 * @typedef {{to: string, by: string, state: FeedState, position: string, missed: FeedEvent[]|null|undefined,
 *   hidden: boolean}} Answer
 */
/**
 * By kind, with what comes along.
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
    // What was on its way when the page went (an answer, a timer) has nobody to be told to any more.
    if (!this.#closed) this.#channel.postMessage({ kind, ...said });
  }

  close() {
    this.#closed = true;
    this.#channel.close();
  }

  /**
   * A tab that is older or newer may say what is unknown here.
   * @template {keyof Sayings} Kind @param {Kind} kind @param {Sayings[Kind]} said
   */
  #hear(kind, said) {
    this.#ears[kind]?.(said);
  }
}
