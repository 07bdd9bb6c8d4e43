/**
 * One attempt to connect: by the transport that worked last, and by the other one beside it when that fails or is slow.
 * The first to open is used.
 */

/** @typedef {import("./live_feed.js").Connection} Connection */
/** @typedef {import("./live_feed.js").Transport} Transport */

const HEAD_START_MS = 750;

export class ConnectionAttempt {
  answered = false; // whether any connection was ended by an answer, which may be a refusal
  #open;
  /** @type {Transport|undefined} what was not tried yet */ #other;
  /** @type {Set<Connection>} */ #connections;
  #timer = setTimeout(() => this.#openOther(), HEAD_START_MS);

  /**
   * @param {Transport} first
   * @param {(transport: Transport) => Connection} open its caller says by `won` and `lost` what becomes of a connection
   */
  constructor(first, open) {
    this.#open = open;
    this.#other = first === "websocket" ? "stream" : "websocket";
    this.#connections = new Set([open(first)]);
  }

  /** @param {Connection} connection */
  has(connection) {
    return this.#connections.has(connection);
  }

  /** @param {Connection} connection that opened */
  won(connection) {
    this.#connections.delete(connection);
    this.stop();
  }

  /** @param {Connection} connection that ended @param {boolean} answered @returns {boolean} whether all is lost */
  lost(connection, answered) {
    this.#connections.delete(connection);
    this.answered ||= answered;
    this.#openOther();
    return this.#connections.size === 0;
  }

  stop() {
    clearTimeout(this.#timer);
    for (const connection of this.#connections) connection.close();
  }

  #openOther() {
    clearTimeout(this.#timer);
    if (this.#other) this.#connections.add(this.#open(this.#other));
    this.#other = undefined;
  }
}
