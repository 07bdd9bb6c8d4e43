/**
 * The events of every feed to its page, whatever their source.
 *
 * 1. `last` only moves forward, except at a reset. 2. Every event is dispatched once, in order.
 */
import { isNewer } from "./event_ids.js";

const Target = /** @type {new () => FeedTarget} */ (EventTarget);

/** Dispatches `change` and `reset` (detail: the FeedEvent) and `state` (detail: the FeedState). */
export class Feed extends Target {
  /** @type {FeedState} */ state = "reconnecting";

  /** @param {string} last the newest id that the page includes */
  constructor(last) {
    super();
    this.last = last;
  }

  /** @param {FeedEvent} event */
  publish(event) {
    const reset = event.action === "reset";
    if (event.id && !reset && !isNewer(event.id, this.last)) return;
    this.last = event.id ?? this.last;
    this.dispatchEvent(new CustomEvent(reset ? "reset" : "change", { detail: event }));
  }

  /** There are no events for this page up to here. @param {string} id */
  advanceTo(id) {
    if (isNewer(id, this.last)) this.last = id;
  }

  /** @param {FeedState} state */
  publishState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
