/** The messages between the tabs of one browser that share a feed. */

/**
 * From the leading tab; missed: undefined means wait, null means not known any more.
 * @typedef {{to: string, by: string, state: FeedState, position: string, missed: FeedEvent[]|null|undefined,
 *   hidden: boolean}} Answer
 */
/**
 * By kind, with their data.
 * @typedef {{event: {by: string, before: string, event: FeedEvent}, state: {state: FeedState}, led: {},
 *   denied: {topics: string[]}, expect: {id: string}, checkConnection: {}, ask: import("./tab_leader.js").Asking,
 *   answer: Answer}} TabMessages
 */
/** @typedef {{[Kind in keyof TabMessages]: (message: TabMessages[Kind]) => void}} Listeners */

export class TabChannel {
  #channel;
  #listeners;
  #closed = false;

  /** @param {string} name @param {Listeners} listeners */
  constructor(name, listeners) {
    this.#listeners = listeners;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#receive(data.kind, data);
  }

  /** @template {keyof TabMessages} Kind @param {Kind} kind @param {TabMessages[Kind]} message */
  send(kind, message) {
    // After the page is closed, pending messages and timers have no receiver.
    if (!this.#closed) this.#channel.postMessage({ kind, ...message });
  }

  close() {
    this.#closed = true;
    this.#channel.close();
  }

  /**
   * A tab with an older or newer version may send unknown kinds.
   * @template {keyof TabMessages} Kind @param {Kind} kind @param {TabMessages[Kind]} message
   */
  #receive(kind, message) {
    this.#listeners[kind]?.(message);
  }
}
