/**
 * A feed that reconnects by itself and misses nothing, since it resumes by id.
 *
 * 1. The websocket is preferred; a stream replaces it, and the websocket is tried again beside it. The transport that
 * worked last is tried first.
 * 2. A connection that was replaced is ignored. 3. While nothing works, attempts go on for ever: in the first minutes at
 * most 4 s from one to the next, and at once when a person is active on the page (`hasten`).
 * 4. A connection that delivers less than a second one, or has other topics than wanted, is replaced by it.
 * 5. After a refusal or a revoked access, the feed asks which topics are still allowed, and reconnects with those; when
 * nobody is signed in any more, the feed is "out" and rests until it is started.
 * Dispatches `tuned` (detail: the topics, and the id after which they are sent) when `tune` is done, and `denied`
 * (detail: topics) when topics are not allowed any more.
 */
import { allowed } from "./allowed_topics.js";
import { Attempt } from "./connection_attempt.js";
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { dial } from "./live_feed.js";
import { RetryPause } from "./retry_pause.js";
import { Doubt } from "./stall_check.js";
import { topicsIn } from "./topics.js";
import { RoadMemory } from "./transport_memory.js";

/** @typedef {import("./live_feed.js").Line} Line */

const DENIED = 1008; // RFC 6455, 7.4.1: a policy forbids it
const SETTLED_MS = 5_000; // only a line that lasted this long proves the server well again
const OPEN_EARLY_MS = 3_000; // how long a line may take to open: with the head start of the first, less than 4 s
const OPEN_LATE_MS = 10_000; // after the first minutes, in case the network is that slow

export class ResumingFeed extends Feed {
  /** @type {Attempt|undefined} while there is no line */ #attempt;
  /** @type {Line|undefined} one that is open */ #line;
  /** @type {Line|undefined} one tried beside it; it takes over once it is open */ #trial;
  /** @type {string|undefined} from where the next line begins, if not where this one is */ #back;
  #turn = 0; // grows when all that is under way is void
  #roads = new RoadMemory();
  #pause = new RetryPause();
  /** @type {Map<string, number>} */ #timers = new Map();
  #doubt = new Doubt(
    () => this.#secondLine(),
    (id) => isNewer(id, this.last),
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
    this.#attempt = new Attempt(this.#roads.first, (road) => this.#dial(road));
  }

  stop() {
    this.#turn++;
    this.#pause.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#attempt?.stop();
    for (const line of [this.#line, this.#trial]) line?.hangUp();
    this.#attempt = this.#line = this.#trial = undefined;
    this.#doubt.stop();
  }

  /** Reconnect at once: the connection may be dead, or conditions may have improved. */
  redial() {
    this.stop();
    this.#pause.reset();
    this.start();
  }

  /** A person is active on the page: try now. */
  hasten() {
    this.#pause.shorten();
  }

  /** Bring these topics, from an event on that may be one of the past. @param {{topics: string, after: string}} wish */
  tune({ topics, after }) {
    this.topics = topics;
    this.#back = after;
    this.#trial?.hangUp();
    this.#trial = this.#line && this.#dial(this.#line.road);
    if (!this.#attempt) return;
    this.#attempt.stop();
    this.start();
  }

  /** An event is known to exist: if it is of our topics, it must arrive. @param {string} id */
  expect(id) {
    this.#doubt.expect(id);
  }

  /** @param {import("./live_feed.js").Road} road @returns {Line} */
  #dial(road) {
    const wish = { topics: this.topics, after: this.#back ?? this.last, person: this.person };
    const ears = {
      open: () => this.#opened(line),
      message: (/** @type {{data: string}} */ { data }) => this.#heard(line, JSON.parse(data)),
      end: (/** @type {{code?: number}|undefined} */ event) => this.#lost(line, event),
    };
    const line = dial(road, this.root, wish, ears, this.#pause.isEarly ? OPEN_EARLY_MS : OPEN_LATE_MS);
    return line;
  }

  /** @param {Line} line @param {FeedEvent} event */
  #heard(line, event) {
    if (this.#doubt.has(line)) {
      if (!this.#doubt.isProvedBy(event)) return;
      this.#take(line);
    }
    if (line.road === "websocket") this.#roads.socketWorked();
    this.tell(event);
  }

  /** @param {Line} line */
  #opened(line) {
    if (this.#doubt.has(line)) return;
    if (line === this.#trial) this.#trial = undefined;
    this.#attempt?.won(line);
    this.#attempt = undefined;
    this.#take(line);
    this.#after("settled", SETTLED_MS, () => this.#pause.reset());
    if (this.#back !== undefined) {
      this.last = this.#back;
      this.#back = undefined;
      this.dispatchEvent(new CustomEvent("tuned", { detail: { topics: this.topics, after: this.last } }));
    }
    this.tellState("live");
  }

  /** Hear this line from now on and no other. @param {Line} line */
  #take(line) {
    this.#line?.hangUp();
    this.#line = line;
    if (line.road !== "stream") return;
    if (this.#roads.first === "websocket") this.#roads.socketFailed();
    this.#trySocketLater();
  }

  /** @param {Line} line @param {{code?: number}} [event] none when nobody answered */
  #lost(line, event) {
    line.hangUp();
    if (this.#doubt.has(line)) return this.#doubt.stop();
    if (line === this.#trial) {
      this.#trial = undefined;
      if (this.#back === undefined) return this.#socketFailed();
      this.#line?.hangUp(); // it has not what is wanted
    } else if (line === this.#line) {
      this.#trial?.hangUp();
      this.#trial = undefined;
    }
    this.tellState(navigator.onLine ? "reconnecting" : "offline");
    if (this.#attempt && !this.#attempt.lost(line, Boolean(event))) return;
    const answered = this.#attempt?.answered ?? (!line.opened || event?.code === DENIED);
    this.#attempt = this.#line = undefined;
    clearTimeout(this.#timers.get("settled"));
    this.#comeBack(line, answered);
  }

  /** @param {Line} line @param {boolean} refused whether it may have been refused */
  async #comeBack({ wish, opened }, refused) {
    const turn = this.#turn;
    const pause = this.#pause.wait(opened);
    if (refused) {
      const still = await allowed(this.root, wish);
      if (turn !== this.#turn) return;
      if (!still) return this.#rest();
      this.person = still.person;
      this.#drop(topicsIn(wish.topics).filter((topic) => !still.topics.split(",").includes(topic)));
    }
    await pause;
    this.start();
  }

  /** Nobody is signed in: further attempts are useless. */
  #rest() {
    this.stop();
    this.tellState("out");
  }

  /** @param {string[]} topics that cannot be heard any more: taken away, or gone with their database */
  #drop(topics) {
    if (!topics.length) return;
    this.topics = String(topicsIn(this.topics).filter((topic) => !topics.includes(topic)));
    this.dispatchEvent(new CustomEvent("denied", { detail: topics }));
  }

  /** The other transport, beside the open connection. */
  #secondLine() {
    if (!this.#line || this.#trial) return undefined;
    return this.#dial(this.#line.road === "websocket" ? "stream" : "websocket");
  }

  #socketFailed() {
    this.#roads.socketFailed();
    this.#trySocketLater();
  }

  #trySocketLater() {
    this.#after("trial", this.#roads.againMs, () => {
      if (this.#line && !this.#trial) this.#trial = this.#dial("websocket");
    });
  }

  /** @param {string} name one timer each @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, ms));
  }
}
