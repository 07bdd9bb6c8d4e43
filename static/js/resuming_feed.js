/**
 * A feed that comes back by itself and misses nothing, since it resumes by id.
 *
 * 1. The websocket is preferred; a stream stands in for it, and the websocket is tried again beside it.
 * 2. Nothing is heard of a line once another took its place. 3. While nothing works, attempts go on for ever.
 */
import { Backoff } from "./backoff.js";
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { dial } from "./live_feed.js";

/** @typedef {import("./live_feed.js").Line} Line */

const SETTLED_MS = 5_000; // only a line that lasted this long proves the server well again
const ARRIVAL_MS = 3_000; // an event known to exist that takes longer: the line is mute, however open it looks
const SOCKET_AGAIN_MS = 60_000; // on a stream, how soon the websocket gets another chance; doubles each time

export class ResumingFeed extends Feed {
  /** @type {Line|undefined} */ #line;
  /** @type {Line|undefined} a websocket tried beside a stream that works */ #trial;
  /** @type {import("./live_feed.js").Road} */ #preferred = "websocket";
  #socketAgainMs = SOCKET_AGAIN_MS;
  #backoff = new Backoff();
  /** @type {Map<string, number>} */ #timers = new Map();

  /** @param {string} root @param {string} topics @param {string} last the newest id that the page includes */
  constructor(root, topics, last) {
    super(last);
    this.root = root;
    this.topics = topics;
  }

  start() {
    this.#line = this.#dial(this.#preferred);
  }

  stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#line?.hangUp();
    this.#trial?.hangUp();
    this.#line = this.#trial = undefined;
  }

  /** Begin anew and at once: the line is in doubt, or things may have changed for the better. */
  redial() {
    this.stop();
    this.#backoff.reset();
    this.start();
  }

  /** An event is known to exist: it must arrive. @param {string} id */
  expect(id) {
    if (!isNewer(id, this.last)) return;
    this.#after("arrival", ARRIVAL_MS, () => {
      if (this.#line?.opened && isNewer(id, this.last)) this.#lost(this.#line, true);
    });
  }

  /** @param {import("./live_feed.js").Road} road @returns {Line} */
  #dial(road) {
    const line = dial(
      road,
      this.root,
      { topics: this.topics, after: this.last },
      {
        open: () => this.#opened(line),
        message: ({ data }) => this.tell(JSON.parse(data)),
        end: () => this.#lost(line),
      },
    );
    return line;
  }

  /** @param {Line} line */
  #opened(line) {
    if (line === this.#trial) {
      this.#line?.hangUp();
      this.#line = line;
      this.#trial = undefined;
    }
    this.#preferred = line.road;
    if (line.road === "stream") this.#trySocketLater();
    this.#after("settled", SETTLED_MS, () => this.#backoff.reset());
    this.tellState("live");
  }

  /** @param {Line} line @param {boolean} mute it was open, but an event that exists did not come */
  #lost(line, mute = false) {
    line.hangUp();
    if (line === this.#trial) return this.#trySocketLater();
    if (line !== this.#line) return;
    clearTimeout(this.#timers.get("settled"));
    this.tellState(navigator.onLine ? "reconnecting" : "offline");
    const refused = mute || !line.opened;
    if (refused && line.road === "websocket") {
      this.#line = this.#dial("stream");
      return;
    }
    this.#line = undefined;
    if (refused) this.#preferred = "websocket";
    this.#after("retry", this.#backoff.next(), () => this.start());
  }

  #trySocketLater() {
    this.#trial = undefined;
    this.#after("trial", this.#socketAgainMs, () => {
      if (this.#line?.opened) this.#trial = this.#dial("websocket");
    });
    this.#socketAgainMs *= 2;
  }

  /** @param {string} name one timer each @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, ms));
  }
}
