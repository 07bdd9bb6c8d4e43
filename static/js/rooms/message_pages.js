/** Loads pages of a conversation from the API. */
import { ask } from "../lib/api.js";

const BEFORE_NOTHING = "9223372036854775807"; // the greatest id there can be

/**
 * A page of messages, oldest first.
 * @param {number} roomId @param {"newest"|{before: number}|{after: number}} which @param {number} limit
 * @param {AbortSignal} signal
 * @returns {Promise<{found: Message[], last: boolean}>} last: there are none further on in that direction
 */
export async function page(roomId, which, limit, signal) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (which === "newest") query.set("before_id", BEFORE_NOTHING);
  else if ("before" in which) query.set("before_id", String(which.before));
  else query.set("after_id", String(which.after));
  const { value, response } = await ask(`/rooms/${roomId}/messages?${query}`, { signal });
  return { found: value, last: !response.headers.has("Link") };
}
