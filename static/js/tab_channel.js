/** What the tabs of one browser say to one another about the feed that they share. */

/** @typedef {{to: number, state: FeedState, last: string, missed: FeedEvent[]|null, hidden: boolean}} Answer */
/**
 * By kind, with what comes along.
 * @typedef {{event: {before: string, event: FeedEvent}, state: {state: FeedState}, led: {}, expect: {id: string},
 *   ask: {from: number, after: string}, answer: Answer}} Sayings
 */
/** @typedef {{[Kind in keyof Sayings]: (said: Sayings[Kind]) => void}} Ears */

export class TabChannel {
  #channel;
  #ears;

  /** @param {string} name @param {Ears} ears */
  constructor(name, ears) {
    this.#ears = ears;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data.kind, data);
  }

  /** @template {keyof Sayings} Kind @param {Kind} kind @param {Sayings[Kind]} said */
  say(kind, said) {
    this.#channel.postMessage({ kind, ...said });
  }

  close() {
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
