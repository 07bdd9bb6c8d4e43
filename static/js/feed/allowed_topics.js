/** Finds the topics that are still allowed after a connection was refused or ended: asked once, before the next attempt. */
import { askAbout } from "./live_feed.js";
import { CLOSED_ROOMS, topicsIn } from "./topics.js";

/** @typedef {import("./live_feed.js").Subscription} Subscription */

const PATIENCE_MS = 3_000;

/**
 * The allowed part of a subscription, or null when nobody is signed in any more, or another user.
 * @param {string} root @param {Subscription} subscription @returns {Promise<Subscription|null>}
 */
export async function allowed(root, subscription) {
  const me = await whoami(root);
  if (me?.code === "sign_in_required") return null;
  if (!me?.mode) return subscription; // no connection, or not our answer
  if (me.mode === "accounts" && String(me.user?.id) !== subscription.person) return null;
  if (!(await isRefused(root, { ...subscription, after: "" }))) return subscription;
  const nobody = { topics: CLOSED_ROOMS, after: "", person: "" };
  if (await isRefused(root, nobody)) return subscription; // then it is not about what is wished for
  const person = (await isRefused(root, { ...nobody, person: subscription.person })) ? "" : subscription.person;
  const judged = topicsIn(subscription.topics).map(async (topic) => {
    return (await isRefused(root, { topics: topic, after: "", person })) ? "" : topic;
  });
  return { ...subscription, person, topics: (await Promise.all(judged)).filter(Boolean).join(",") };
}

/** @param {string} root @param {Subscription} subscription @returns {Promise<boolean>} false without an answer */
const isRefused = (root, subscription) =>
  askAbout(root, subscription).then(
    ({ refused }) => refused,
    () => false,
  );

/** @param {string} root @returns {Promise<{code?: string, mode?: string, user?: User|null}|null>} */
async function whoami(root) {
  try {
    const answer = await fetch(`${root}/api/me`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return await answer.json();
  } catch {
    return null;
  }
}
