/**
 * One connection per browser: the tab that leads has the feed, the others hear it over a channel.
 *
 * 1. A follower takes an event only if it knows the one before; otherwise it asks for what it missed. 2. Who cannot be
 * told any more what it missed gets a reset. 3. A leader that answers nobody is robbed. `expect` as in ResumingFeed.
 */
import { isNewer } from "./event_ids.js";
import { EventMemory } from "./event_memory.js";
import { Feed } from "./feed.js";
import { LeaderWatch } from "./leader_watch.js";
import { Leadership } from "./leadership.js";
import { TabChannel } from "./tab_channel.js";

/** @typedef {{feed: import("./resuming_feed.js").ResumingFeed, stop: () => void}} Connected */

export class SharedFeed extends Feed {
  /** @type {Connected|undefined} present while this tab leads */ #own;
  /** @type {TabChannel|undefined} */ #channel;
  #past = new EventMemory("");
  #me = Math.random();
  /** @type {LeaderWatch|undefined} */ #watch;

  /** @param {string} name of lock and channel @param {string} last @param {(last: string) => Connected} connect */
  constructor(name, last, connect) {
    super(last);
    this.name = name;
    this.connect = connect;
    const [lead, follow] = [() => this.#lead(), () => this.#follow()];
    this.leadership = new Leadership(name, lead, follow);
  }

  start() {
    this.#channel = new TabChannel(this.name, this.#ears);
    const [follows, ask] = [() => !this.#own, () => this.#ask()];
    this.#watch = new LeaderWatch(follows, ask, () => this.leadership.seek({ steal: true }));
    this.leadership.seek();
    this.#ask();
  }

  stop() {
    this.#watch?.stop();
    this.leadership.resign();
    this.#channel?.close();
  }

  /** @param {string} id */
  expect(id) {
    if (this.#own) this.#own.feed.expect(id);
    else this.#channel?.say("expect", { id });
  }

  #lead() {
    this.#past = new EventMemory(this.last);
    this.#own = this.connect(this.last);
    const { feed } = this.#own;
    feed.addEventListener("change", ({ detail }) => this.#pass(detail));
    feed.addEventListener("reset", ({ detail }) => this.#pass(detail));
    feed.addEventListener("state", ({ detail }) => this.#passState(detail));
    this.#passState(feed.state);
    this.#channel?.say("led", {});
  }

  #follow() {
    this.#own?.stop();
    this.#own = undefined;
  }

  /** @param {FeedEvent} event */
  #pass(event) {
    const reset = event.action === "reset";
    const before = event.id && !reset ? this.last : "";
    if (reset) this.#past = new EventMemory(event.id ?? "");
    else this.#past.add(event);
    this.tell(event);
    this.#channel?.say("event", { before, event });
  }

  /** @param {FeedState} state */
  #passState(state) {
    this.tellState(state);
    this.#channel?.say("state", { state });
  }

  /** @type {import("./tab_channel.js").Ears} */
  #ears = {
    event: ({ before, event }) => (before && isNewer(before, this.last) ? this.#ask() : this.tell(event)),
    state: ({ state }) => this.tellState(state),
    led: () => this.#ask(),
    expect: ({ id }) => this.#own?.feed.expect(id),
    ask: ({ from, after }) => this.#own && this.#answer(from, after),
    answer: (answer) => answer.to === this.#me && !this.#own && this.#answered(answer),
  };

  /** @param {import("./tab_channel.js").Answer} answer of the tab that leads */
  #answered({ state, last, missed, hidden }) {
    // Browsers slow down what nobody looks at: a hidden tab that seeks a connection seeks too long.
    if (hidden && !document.hidden && state !== "live") return this.leadership.seek({ steal: true });
    this.#watch?.answered();
    this.tellState(state);
    if (missed) for (const event of missed) this.tell(event);
    else this.tell({ id: last, action: "reset" });
  }

  /** @param {number} to @param {string} after */
  #answer(to, after) {
    const missed = this.#past.since(after);
    this.#channel?.say("answer", { to, state: this.state, last: this.last, missed, hidden: document.hidden });
  }

  #ask() {
    if (!this.#own) this.#channel?.say("ask", { from: this.#me, after: this.last });
  }
}
