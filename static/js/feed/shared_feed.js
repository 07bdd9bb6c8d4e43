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
import { LeaderHeartbeat } from "./leader_heartbeat.js";
import { LeaderLock } from "./leader_lock.js";
import { TabChannel } from "./tab_channel.js";
import { TabLeader } from "./tab_leader.js";
import { registerTab } from "./tab_topics.js";
import { isAbout, topicsIn } from "./topics.js";

export class SharedFeed extends Feed {
  /** @type {TabLeader|undefined} present while this tab leads */ #tabLeader;
  /** @type {string|undefined} the tab that is followed */ #leader;
  /** @type {TabChannel|undefined} */ #channel;
  /** @type {LeaderHeartbeat|undefined} */ #heartbeat;
  #tab = String(Math.random());
  #leave = () => {};

  /** @param {string} name of locks and channel @param {string} topics @param {string} last @param {import("./tab_leader.js").Connect} connect */
  constructor(name, topics, last, connect) {
    super(last);
    this.name = name;
    this.topics = topicsIn(topics);
    this.connect = connect;
    const [lead, follow] = [() => this.#begin(), () => this.#follow()];
    this.leaderLock = new LeaderLock(name, lead, follow);
  }

  start() {
    this.#channel = new TabChannel(this.name, this.#listeners);
    const [follows, ask] = [() => !this.#tabLeader, () => this.#ask()];
    this.#heartbeat = new LeaderHeartbeat(follows, ask, () => this.leaderLock.request({ steal: true }));
    this.leaderLock.request();
    this.#leave = registerTab(this.name, this.#tab, ask);
  }

  stop() {
    this.#heartbeat?.stop();
    this.leaderLock.release();
    this.#leave();
    this.#channel?.close();
    this.#leader = undefined;
  }

  /** @param {string} id */
  expectEvent(id) {
    if (this.#tabLeader) this.#tabLeader.expectEvent(id);
    else this.#channel?.send("expect", { id });
  }

  /** A person is active on this page: the tab with the connection checks it, and reconnects at once if it is lost. */
  checkConnection() {
    if (this.#tabLeader) this.#tabLeader.checkConnection();
    else this.#channel?.send("checkConnection", {});
  }

  /** Bring further topics, from now on, also those that were denied before. @param {string[]} topics */
  addTopics(topics) {
    this.topics = topicsIn(String([...this.topics, ...topics]));
    const asking = { ...this.#asking, added: topics };
    if (this.#tabLeader) for (const event of this.#tabLeader.missed(asking) ?? []) this.#apply(event);
    else this.#channel?.send("ask", asking);
  }

  get #asking() {
    return { tab: this.#tab, topics: this.topics, last: this.last };
  }

  #begin() {
    this.#tabLeader = new TabLeader(this.name, this.#asking, this.connect, {
      event: (before, event) => {
        this.#apply(event);
        this.#channel?.send("event", { by: this.#tab, before, event });
      },
      state: (state) => {
        if (state === "out") return this.#rest();
        this.publishState(state);
        this.#channel?.send("state", { state });
      },
      resubscribed: () => this.#channel?.send("led", {}),
      denied: (topics) => {
        this.#publishDenied(topics);
        this.#channel?.send("denied", { topics });
      },
    });
    this.publishState(this.#tabLeader.state);
    this.#channel?.send("led", {});
  }

  #rest() {
    this.stop();
    this.publishState("out");
  }

  #follow() {
    this.#tabLeader?.stop();
    this.#tabLeader = undefined;
    this.#ask();
  }

  /** @type {import("./tab_channel.js").Listeners} */
  #listeners = {
    event: ({ by, before, event }) => {
      if (by !== this.#leader) return;
      if (before && isNewer(before, this.last)) this.#ask();
      else this.#apply(event);
    },
    state: ({ state }) => this.publishState(state),
    led: () => this.#ask(),
    denied: ({ topics }) => this.#publishDenied(topics),
    expect: ({ id }) => this.#tabLeader?.expectEvent(id),
    checkConnection: () => this.#tabLeader?.checkConnection(),
    ask: (asking) => this.#tabLeader && this.#answer(this.#tabLeader, asking),
    answer: (answer) => answer.to === this.#tab && !this.#tabLeader && this.#answered(answer),
  };

  #ask() {
    if (this.#tabLeader) return;
    this.#channel?.send("ask", this.#asking);
  }

  /** @param {TabLeader} lead @param {import("./tab_leader.js").Asking} asking */
  #answer(lead, asking) {
    const missed = lead.missed(asking);
    const { state, position } = lead;
    this.#channel?.send("answer", { to: asking.tab, by: this.#tab, state, position, missed, hidden: document.hidden });
  }

  /** @param {import("./tab_channel.js").Answer} answer of the tab that leads */
  #answered({ by, state, position, missed, hidden }) {
    // Browsers slow down hidden tabs: in one, a search for a connection takes too long.
    if (hidden && !document.hidden && state !== "live") return this.leaderLock.request({ steal: true });
    this.#heartbeat?.answered();
    this.publishState(state);
    if (missed === undefined) return;
    this.#leader = by;
    if (!missed) return this.publish({ id: position, action: "reset" });
    for (const event of missed) this.#apply(event);
    this.advanceTo(position);
  }

  /** @param {string[]} topics that are not allowed any more */
  #publishDenied(topics) {
    const ours = this.topics.filter((topic) => topics.includes(topic));
    if (ours.length) this.dispatchEvent(new CustomEvent("denied", { detail: ours }));
  }

  /** @param {FeedEvent} event */
  #apply(event) {
    if (event.action === "reset" || isAbout(this.topics, event)) this.publish(event);
    else if (event.id) this.advanceTo(event.id);
  }
}
