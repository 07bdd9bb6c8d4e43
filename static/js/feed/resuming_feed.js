/**
 * A feed that reconnects by itself and misses nothing, since it resumes by id.
 *
 * 1. The websocket is preferred; a stream replaces it, and the websocket is tried again beside it. The transport that
 * worked last is tried first.
 * 2. A connection that was replaced is ignored. 3. While nothing works, attempts go on for ever: in the first minutes at
 * most 4 s from one to the next, and at once when a person is active on the page (`checkConnection`).
 * 4. A connection that does not deliver, or has other topics than wanted, is replaced.
 * 5. After a refusal or a revoked access, the feed asks which topics are still allowed, and reconnects with those; when
 * nobody is signed in any more, the feed is "out" and rests until it is started.
 * Dispatches `resubscribed` (detail: the topics, and the id after which they are sent) when `resubscribe` is done,
 * and `denied` (detail: topics) when topics are not allowed any more.
 */
import { allowed } from "./allowed_topics.js";
import { ConnectionAttempt } from "./connection_attempt.js";
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { askAbout, openConnection } from "./live_feed.js";
import { RetryPause } from "./retry_pause.js";
import { StallCheck } from "./stall_check.js";
import { topicsIn } from "./topics.js";
import { TransportMemory } from "./transport_memory.js";

/** @typedef {import("./live_feed.js").Connection} Connection */

const DENIED = 1008; // RFC 6455, 7.4.1: a policy forbids it
const SETTLED_MS = 5_000; // only a connection that lasted this long proves the server well again
const OPEN_EARLY_MS = 3_000; // how long a connection may take to open: with the head start of the first, less than 4 s
const OPEN_LATE_MS = 10_000; // after the first minutes, in case the network is that slow

export class ResumingFeed extends Feed {
  /** @type {ConnectionAttempt|undefined} while there is no connection */ #attempt;
  /** @type {Connection|undefined} one that is open */ #connection;
  /** @type {Connection|undefined} one tried beside it; it takes over once it is open */ #candidate;
  /** @type {string|undefined} from where the next connection begins, if not where this one is */ #resumeFrom;
  #generation = 0; // grows when all that is under way is void
  #transports = new TransportMemory();
  #pause = new RetryPause();
  /** @type {Map<string, number>} */ #timers = new Map();
  #stallCheck = new StallCheck(
    () => this.#askNewest(),
    (id) => isNewer(id, this.last),
    { dead: () => this.reconnect(), stalled: () => this.#stalled() },
  );

  /**
   * @param {string} root @param {string} topics @param {string} last the newest id that the page includes
   * @param {string} person who listens, or ""
   */
  constructor(root, topics, last, person) {
    super(last);
    this.root = root;
    this.topics = topics;
    this.person = person;
  }

  start() {
    this.#pause.started();
    this.#attempt = new ConnectionAttempt(this.#transports.first, (transport) => this.#open(transport));
  }

  stop() {
    this.#generation++;
    this.#pause.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#attempt?.stop();
    for (const connection of [this.#connection, this.#candidate]) connection?.close();
    this.#attempt = this.#connection = this.#candidate = undefined;
    this.#stallCheck.stop();
  }

  /** Reconnect at once: the connection may be dead, or conditions may have improved. */
  reconnect() {
    this.stop();
    this.#pause.reset();
    this.start();
  }

  /** A person is active on the page: check the connection, or reconnect at once. */
  checkConnection() {
    if (this.#connection) this.#stallCheck.check();
    else this.#pause.shorten();
  }

  /**
   * Bring these topics, from an event on that may be one of the past.
   * @param {{topics: string, after: string}} subscription
   */
  resubscribe({ topics, after }) {
    this.topics = topics;
    this.#resumeFrom = after;
    this.#candidate?.close();
    this.#candidate = this.#connection && this.#open(this.#connection.transport);
    if (!this.#attempt) return;
    this.#attempt.stop();
    this.start();
  }

  /** An event is known to exist: if it is of our topics, it must arrive. @param {string} id */
  expectEvent(id) {
    this.#stallCheck.expectEvent(id);
  }

  /** @param {import("./live_feed.js").Transport} transport @returns {Connection} */
  #open(transport) {
    const subscription = { topics: this.topics, after: this.#resumeFrom ?? this.last, person: this.person };
    const listeners = {
      open: () => this.#opened(connection),
      message: (/** @type {{data: string}} */ { data }) => this.#received(connection, JSON.parse(data)),
      end: (/** @type {{code?: number}|undefined} */ event) => this.#lost(connection, event),
    };
    const connection = openConnection(
      transport,
      this.root,
      subscription,
      listeners,
      this.#pause.isEarly ? OPEN_EARLY_MS : OPEN_LATE_MS,
    );
    return connection;
  }

  /** @param {Connection} connection @param {FeedEvent} event */
  #received(connection, event) {
    if (connection.transport === "websocket") this.#transports.socketWorked();
    this.#stallCheck.rest();
    this.publish(event);
  }

  /** @param {Connection} connection */
  #opened(connection) {
    if (connection === this.#candidate) this.#candidate = undefined;
    this.#attempt?.won(connection);
    this.#attempt = undefined;
    this.#use(connection);
    this.#after("settled", SETTLED_MS, () => this.#pause.reset());
    if (this.#resumeFrom !== undefined) {
      this.last = this.#resumeFrom;
      this.#resumeFrom = undefined;
      this.dispatchEvent(new CustomEvent("resubscribed", { detail: { topics: this.topics, after: this.last } }));
    }
    this.#stallCheck.rest(0);
    this.publishState("live");
  }

  /** Hear this connection from now on and no other. @param {Connection} connection */
  #use(connection) {
    this.#connection?.close();
    this.#connection = connection;
    if (connection.transport !== "stream") return;
    if (this.#transports.first === "websocket") this.#transports.socketFailed();
    this.#trySocketLater();
  }

  /** @param {Connection} connection @param {{code?: number}} [event] none when nobody answered */
  #lost(connection, event) {
    connection.close();
    if (connection === this.#candidate) {
      this.#candidate = undefined;
      if (this.#resumeFrom === undefined) return this.#socketFailed();
      this.#connection?.close(); // it has not what is wanted
    } else if (connection === this.#connection) {
      this.#candidate?.close();
      this.#candidate = undefined;
    }
    this.publishState(navigator.onLine ? "reconnecting" : "offline");
    if (this.#attempt && !this.#attempt.lost(connection, Boolean(event))) return;
    const answered = this.#attempt?.answered ?? (!connection.opened || event?.code === DENIED);
    this.#attempt = this.#connection = undefined;
    clearTimeout(this.#timers.get("settled"));
    this.#comeBack(connection, answered);
  }

  /** @param {Connection} connection @param {boolean} refused whether it may have been refused */
  async #comeBack({ subscription, opened }, refused) {
    const generation = this.#generation;
    const pause = this.#pause.wait(opened);
    if (refused) {
      const still = await allowed(this.root, subscription);
      if (generation !== this.#generation) return;
      if (!still) return this.#rest();
      this.person = still.person;
      this.#drop(topicsIn(subscription.topics).filter((topic) => !still.topics.split(",").includes(topic)));
    }
    await pause;
    this.start();
  }

  /** Nobody is signed in: further attempts are useless. */
  #rest() {
    this.stop();
    this.publishState("out");
  }

  /** @param {string[]} topics that are not allowed any more: access was revoked, or they are gone with their database */
  #drop(topics) {
    if (!topics.length) return;
    this.topics = String(topicsIn(this.topics).filter((topic) => !topics.includes(topic)));
    this.dispatchEvent(new CustomEvent("denied", { detail: topics }));
  }

  /** @returns {Promise<string>} "" without a connection */
  async #askNewest() {
    const connection = this.#connection;
    if (!connection) return "";
    const { newest } = await askAbout(this.root, { ...connection.subscription, after: "" });
    return connection === this.#connection ? newest : "";
  }

  #stalled() {
    if (this.#connection?.transport === "websocket") this.#transports.socketFailed();
    this.reconnect();
  }

  #socketFailed() {
    this.#transports.socketFailed();
    this.#trySocketLater();
  }

  #trySocketLater() {
    this.#after("candidate", this.#transports.againMs, () => {
      if (this.#connection && !this.#candidate) this.#candidate = this.#open("websocket");
    });
  }

  /** @param {string} name one timer each @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, ms));
  }
}
