/**
 * One connection per browser: the leading tab has the feed, the others get its events over a channel.
 *
 * 1. A tab follows a leader once it got the events that it missed; then it accepts an event only if it has the one
 * before, and otherwise asks again. 2. A tab gets events of its own topics only. 3. A tab whose missed events are not
 * known any more gets a reset. 4. A leader that does not respond loses its lock. 5. A tab that finds nobody signed in is
 * "out": it neither leads nor follows until it is started again. `expect` and `denied` as in ResumingFeed.
 */
import { isNewer } from "./event_ids.js";
import { Feed } from "./feed.js";
import { LeaderWatch } from "./leader_heartbeat.js";
import { Leadership } from "./leader_lock.js";
import { TabChannel } from "./tab_channel.js";
import { Lead } from "./tab_leader.js";
import { stay } from "./tab_topics.js";
import { isAbout, topicsIn } from "./topics.js";

export class SharedFeed extends Feed {
  /** @type {Lead|undefined} present while this tab leads */ #lead;
  /** @type {string|undefined} the tab that is followed */ #leader;
  /** @type {TabChannel|undefined} */ #channel;
  /** @type {LeaderWatch|undefined} */ #watch;
  #tab = String(Math.random());
  #leave = () => {};

  /** @param {string} name of locks and channel @param {string} topics @param {string} last @param {import("./tab_leader.js").Connect} connect */
  constructor(name, topics, last, connect) {
    super(last);
    this.name = name;
    this.topics = topicsIn(topics);
    this.connect = connect;
    const [lead, follow] = [() => this.#begin(), () => this.#follow()];
    this.leadership = new Leadership(name, lead, follow);
  }

  start() {
    this.#channel = new TabChannel(this.name, this.#ears);
    const [follows, ask] = [() => !this.#lead, () => this.#ask()];
    this.#watch = new LeaderWatch(follows, ask, () => this.leadership.seek({ steal: true }));
    this.leadership.seek();
    this.#leave = stay(this.name, this.#tab, ask);
  }

  stop() {
    this.#watch?.stop();
    this.leadership.resign();
    this.#leave();
    this.#channel?.close();
    this.#leader = undefined;
  }

  /** @param {string} id */
  expect(id) {
    if (this.#lead) this.#lead.expect(id);
    else this.#channel?.say("expect", { id });
  }

  /** A person is active on this page: the tab with the connection checks it, and reconnects at once if it is lost. */
  look() {
    if (this.#lead) this.#lead.look();
    else this.#channel?.say("look", {});
  }

  get #asking() {
    return { tab: this.#tab, topics: this.topics, last: this.last };
  }

  #begin() {
    this.#lead = new Lead(this.name, this.#asking, this.connect, {
      tell: (before, event) => {
        this.#take(event);
        this.#channel?.say("event", { by: this.#tab, before, event });
      },
      state: (state) => {
        if (state === "out") return this.#rest();
        this.tellState(state);
        this.#channel?.say("state", { state });
      },
      tuned: () => this.#channel?.say("led", {}),
      denied: (topics) => {
        this.#tellDenied(topics);
        this.#channel?.say("denied", { topics });
      },
    });
    this.tellState(this.#lead.state);
    this.#channel?.say("led", {});
  }

  #rest() {
    this.stop();
    this.tellState("out");
  }

  #follow() {
    this.#lead?.stop();
    this.#lead = undefined;
    this.#ask();
  }

  /** @type {import("./tab_channel.js").Ears} */
  #ears = {
    event: ({ by, before, event }) => {
      if (by !== this.#leader) return;
      if (before && isNewer(before, this.last)) this.#ask();
      else this.#take(event);
    },
    state: ({ state }) => this.tellState(state),
    led: () => this.#ask(),
    denied: ({ topics }) => this.#tellDenied(topics),
    expect: ({ id }) => this.#lead?.expect(id),
    look: () => this.#lead?.look(),
    ask: (asking) => this.#lead && this.#answer(this.#lead, asking),
    answer: (answer) => answer.to === this.#tab && !this.#lead && this.#answered(answer),
  };

  #ask() {
    if (this.#lead) return;
    this.#channel?.say("ask", this.#asking);
  }

  /** @param {Lead} lead @param {import("./tab_leader.js").Asking} asking */
  #answer(lead, asking) {
    const missed = lead.missed(asking);
    const { state, position } = lead;
    this.#channel?.say("answer", { to: asking.tab, by: this.#tab, state, position, missed, hidden: document.hidden });
  }

  /** @param {import("./tab_channel.js").Answer} answer of the tab that leads */
  #answered({ by, state, position, missed, hidden }) {
    // Browsers slow down hidden tabs: in one, a search for a connection takes too long.
    if (hidden && !document.hidden && state !== "live") return this.leadership.seek({ steal: true });
    this.#watch?.answered();
    this.tellState(state);
    if (missed === undefined) return;
    this.#leader = by;
    if (!missed) return this.tell({ id: position, action: "reset" });
    for (const event of missed) this.#take(event);
    this.pass(position);
  }

  /** @param {string[]} topics that cannot be heard any more */
  #tellDenied(topics) {
    const ours = this.topics.filter((topic) => topics.includes(topic));
    if (ours.length) this.dispatchEvent(new CustomEvent("denied", { detail: ours }));
  }

  /** @param {FeedEvent} event */
  #take(event) {
    if (event.action === "reset" || isAbout(this.topics, event)) this.tell(event);
    else if (event.id) this.pass(event.id);
  }
}
