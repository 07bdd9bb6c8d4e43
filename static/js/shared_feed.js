/**
 * One connection per browser: the tab that leads has the feed, the others hear it over a channel.
 *
 * 1. A follower takes an event only if it knows the one before; otherwise it asks for what it missed. 2. Who cannot be
 * told any more what it missed gets a reset. 3. A leader that answers nobody is robbed. `expect` as in ResumingFeed.
 */
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { Leadership } from "./leadership.js";

const PULSE_MS = 700; // a follower that somebody looks at makes sure that its leader still answers
const FROZEN_MS = 1_500;
const REMEMBERED = 500; // events that a leader can repeat to a tab that comes later

/** @typedef {{feed: import("./resuming_feed.js").ResumingFeed, stop: () => void}} Connected */

export class SharedFeed extends Feed {
  /** @type {Connected|undefined} present while this tab leads */ #own;
  /** @type {{from: string, events: any[]}} */ #past = { from: "", events: [] };
  #me = Math.random();
  #answeredAt = 0;

  /** @param {string} name of lock and channel @param {string} last @param {(last: string) => Connected} connect */
  constructor(name, last, connect) {
    super(last);
    Object.assign(this, { name, connect });
    this.leadership = new Leadership(
      name,
      () => this.#lead(),
      () => this.#follow(),
    );
  }

  start() {
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => this.#heard[data.kind]?.(data);
    this.#answeredAt = performance.now();
    this.pulse = setInterval(() => this.#checkLeader(), PULSE_MS);
    this.leadership.seek();
    this.#ask();
  }

  stop() {
    clearInterval(this.pulse);
    this.leadership.resign();
    this.channel.close();
  }

  expect(id) {
    if (this.#own) this.#own.feed.expect(id);
    else this.#post("expect", { id });
  }

  #lead() {
    this.#past = { from: this.last, events: [] };
    this.#own = this.connect(this.last);
    const { feed } = this.#own;
    for (const name of ["change", "reset"]) feed.addEventListener(name, ({ detail }) => this.#pass(detail));
    feed.addEventListener("state", ({ detail }) => this.#passState(detail));
    this.#passState(feed.state);
    this.#post("led");
  }

  #follow() {
    this.#own?.stop();
    this.#own = undefined;
  }

  #pass(event) {
    const before = event.id && event.action !== "reset" ? this.last : "";
    if (event.action === "reset") this.#past = { from: event.id, events: [] };
    else if (event.id) this.#past.events.push(event);
    if (this.#past.events.length > REMEMBERED) this.#past.from = this.#past.events.shift().id;
    this.tell(event);
    this.#post("event", { before, event });
  }

  #passState(state) {
    this.tellState(state);
    this.#post("state", { state });
  }

  #heard = {
    event: ({ before, event }) => (before && isNewer(before, this.last) ? this.#ask() : this.tell(event)),
    state: ({ state }) => this.tellState(state),
    led: () => this.#ask(),
    expect: ({ id }) => this.#own?.feed.expect(id),
    ask: ({ from, after }) => this.#own && this.#answer(from, after),
    answer: ({ to, state, last, missed, hidden }) => {
      if (to !== this.#me || this.#own) return;
      // Browsers slow down what nobody looks at: a hidden tab that seeks a connection seeks too long.
      if (hidden && !document.hidden && state !== "live") return this.leadership.seek({ steal: true });
      this.#answeredAt = performance.now();
      this.tellState(state);
      for (const event of missed ?? [{ id: last, action: "reset" }]) this.tell(event);
    },
  };

  #answer(to, after) {
    const { from, events } = this.#past;
    const missed = isNewer(from, after) ? null : events.filter((event) => isNewer(event.id, after));
    this.#post("answer", { to, state: this.state, last: this.last, missed, hidden: document.hidden });
  }

  #checkLeader() {
    const now = performance.now();
    if (this.#own || document.hidden) this.#answeredAt = now;
    else if (now - this.#answeredAt > FROZEN_MS) {
      this.#answeredAt = now;
      this.leadership.seek({ steal: true });
    } else this.#ask();
  }

  #ask() {
    if (!this.#own) this.#post("ask", { from: this.#me, after: this.last });
  }

  #post(kind, more = {}) {
    this.channel.postMessage({ kind, ...more });
  }
}
