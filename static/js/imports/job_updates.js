/**
 * Jobs from the feed: the newest version of each, and none that was deleted.
 */
import { pages } from "../lib/api.js";
import { retryUntilDone } from "../lib/retry.js";
import { VersionedList } from "../lib/versioned_list.js";

/** The states of an unfinished job. */
export const UNDER_WAY = ["waiting", "running"];
const { person = "", accounts } = document.documentElement.dataset;
const me = Number(person) || null;

/** Whether a job is the user's, or has no user while none is chosen. @param {Job} job */
export const isMine = ({ person_id }) => person_id === me && (me !== null || accounts === undefined);

/** Whether a job is in the user's lists: in open mode, those without a user are in all lists. @param {Job} job */
export const isListed = (job) => isMine(job) || (job.person_id === null && accounts === undefined);

/**
 * @param {ExpectingFeed} feed
 * @param {{put: (job: Job, live: boolean) => void, remove: (job: Job) => void, clear: () => void}} listeners live: as news,
 * not as part of a list; clear: the jobs so far are out of date
 * @param {AbortSignal} signal
 * @returns {{load: () => void, accept: (job: Job) => void}} load: fetch them all; accept: one that was fetched
 */
export function follow(feed, listeners, signal) {
  const versions = new VersionedList();

  /** @param {Job} job @param {boolean} live */
  const put = (job, live) => {
    if (versions.accept(job)) listeners.put(job, live);
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, job } }) => {
    if (!job) return;
    if (action !== "delete") return put(job, true);
    versions.delete({ id: job.id, version: Number.POSITIVE_INFINITY });
    listeners.remove(job);
  };
  const fetchAll = async () => {
    for await (const page of pages("/jobs", signal)) for (const job of page) put(job, false);
  };
  const load = () => retryUntilDone(fetchAll, feed, signal);
  const again = () => {
    versions.markStale();
    listeners.clear();
    load();
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", again, { signal });
  return { load, accept: (job) => put(job, true) };
}
