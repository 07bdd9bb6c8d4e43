/**
 * A feed that comes back by itself and misses nothing, since it resumes by id.
 *
 * 1. The websocket is preferred; a stream stands in for it, and the websocket is tried again beside it.
 * 2. Nothing is heard of a line once another took its place. 3. While nothing works, attempts go on for ever.
 * 4. A line that brings less than a second one does, or that has other topics than are wanted, gives way to it.
 * 5. Who is refused, or is told to go, asks what may still be heard before coming back, and does so with that alone; when
 * nobody is signed in any more, the feed is "out" and rests until it is started.
 * Dispatches `tuned` (detail: the topics, and the id after which they are brought) when `tune` has come true, and
 * `denied` (detail: topics) when these cannot be heard any more.
 */
import { Backoff } from "./backoff.js";
import { Doubt } from "./doubt.js";
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { dial } from "./live_feed.js";
import { allowed } from "./permission.js";
import { topicsIn } from "./topics.js";

/** @typedef {import("./live_feed.js").Line} Line */

const DENIED = 1008; // RFC 6455, 7.4.1: a policy forbids it
const SETTLED_MS = 5_000; // only a line that lasted this long proves the server well again
const SOCKET_AGAIN_MS = 60_000; // on a stream, how soon the websocket gets another chance; doubles each time

export class ResumingFeed extends Feed {
  /** @type {Line|undefined} */ #line;
  /** @type {Line|undefined} one tried beside a line that works; it takes over once it is open */ #trial;
  /** @type {import("./live_feed.js").Road} */ #preferred = "websocket";
  /** @type {string|undefined} from where the next line begins, if not where this one is */ #back;
  #turn = 0; // grows when all that is under way is void
  #socketAgainMs = SOCKET_AGAIN_MS;
  #backoff = new Backoff();
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
    this.#line = this.#dial(this.#preferred);
  }

  stop() {
    this.#turn++;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const line of [this.#line, this.#trial]) line?.hangUp();
    this.#line = this.#trial = undefined;
    this.#doubt.stop();
  }

  /** Begin anew and at once: the line is in doubt, or things may have changed for the better. */
  redial() {
    this.stop();
    this.#backoff.reset();
    this.start();
  }

  /** Bring these topics, from an event on that may be one of the past. @param {{topics: string, after: string}} wish */
  tune({ topics, after }) {
    this.topics = topics;
    this.#back = after;
    this.#trial?.hangUp();
    this.#trial = undefined;
    if (this.#line?.opened) {
      this.#trial = this.#dial(this.#preferred);
    } else if (this.#line) {
      this.#line.hangUp();
      this.#line = this.#dial(this.#line.road);
    }
  }

  /** An event is known to exist: if it is of our topics, it must arrive. @param {string} id */
  expect(id) {
    this.#doubt.expect(id);
  }

  /** @param {import("./live_feed.js").Road} road @returns {Line} */
  #dial(road) {
    const wish = { topics: this.topics, after: this.#back ?? this.last, person: this.person };
    const line = dial(road, this.root, wish, {
      open: () => this.#opened(line),
      message: ({ data }) => this.#heard(line, JSON.parse(data)),
      end: (event) => this.#lost(line, event?.code),
    });
    return line;
  }

  /** @param {Line} line @param {FeedEvent} event */
  #heard(line, event) {
    if (this.#doubt.has(line)) {
      if (!this.#doubt.isProvedBy(event)) return;
      this.#take(line);
    }
    this.tell(event);
  }

  /** @param {Line} line */
  #opened(line) {
    if (this.#doubt.has(line)) return;
    if (line === this.#trial) this.#trial = undefined;
    this.#take(line);
    this.#after("settled", SETTLED_MS, () => this.#backoff.reset());
    if (this.#back !== undefined) {
      this.last = this.#back;
      this.#back = undefined;
      this.dispatchEvent(new CustomEvent("tuned", { detail: { topics: this.topics, after: this.last } }));
    }
    this.tellState("live");
  }

  /** Hear this line from now on and no other. @param {Line} line */
  #take(line) {
    if (line !== this.#line) this.#line?.hangUp();
    this.#line = line;
    this.#preferred = line.road;
    if (line.road === "stream") this.#trySocketLater();
  }

  /** @param {Line} line @param {number} [code] a websocket's */
  #lost(line, code) {
    line.hangUp();
    if (this.#doubt.has(line)) return this.#doubt.stop();
    if (line === this.#trial) {
      this.#trial = undefined;
      if (this.#back === undefined) return this.#trySocketLater();
      this.#line?.hangUp(); // it has not what is wanted
      this.#line = line;
    }
    if (line !== this.#line) return;
    clearTimeout(this.#timers.get("settled"));
    this.tellState(navigator.onLine ? "reconnecting" : "offline");
    if (!line.opened && line.road === "websocket") {
      this.#line = this.#dial("stream");
      return;
    }
    this.#line = undefined;
    this.#comeBack(line, !line.opened || code === DENIED);
  }

  /** @param {Line} line @param {boolean} refused whether it may have been refused */
  async #comeBack({ wish }, refused) {
    const turn = this.#turn;
    const pause = new Promise((go) => this.#after("retry", this.#backoff.next(), () => go(true)));
    if (refused) {
      this.#preferred = "websocket";
      const still = await allowed(this.root, wish);
      if (turn !== this.#turn) return;
      if (!still) return this.#rest();
      this.person = still.person;
      this.#drop(topicsIn(wish.topics).filter((topic) => !still.topics.split(",").includes(topic)));
    }
    await pause;
    this.start();
  }

  /** Nobody is signed in: to ask again and again would help nobody. */
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

  /** The other road, beside the line that is open. */
  #secondLine() {
    if (!this.#line?.opened || this.#trial) return undefined;
    return this.#dial(this.#line.road === "websocket" ? "stream" : "websocket");
  }

  #trySocketLater() {
    this.#after("trial", this.#socketAgainMs, () => {
      if (this.#line?.opened && !this.#trial) this.#trial = this.#dial("websocket");
    });
    this.#socketAgainMs *= 2;
  }

  /** @param {string} name one timer each @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, ms));
  }
}
