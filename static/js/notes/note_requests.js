/** Sends changes of the board's notes, and tells which events are of own changes. */
import { notesPath } from "../boards/current_board.js";
import { send } from "../lib/api.js";

/** @type {Set<Promise<unknown>>} */ const pending = new Set();
/** @type {Set<string>} */ const own = new Set();
/** @param {string} action a feed's, or "put" @param {Note} note */
const mark = (action, note) => `${action === "delete" ? "delete" : "put"} ${note.id} ${note.version}`;

/**
 * Whether a change was made here. An event may arrive before its response, so it waits for pending requests.
 * @param {string} action @param {Note} note
 */
export async function isOwn(action, note) {
  await Promise.allSettled(pending);
  return own.has(mark(action, note));
}

/**
 * Send a change of a note.
 * @param {string} method @param {string} path below the board's notes @param {object} [body] @param {number} [version] for If-Match
 * @returns {Promise<Saved>} or throws a Problem
 */
export function change(method, path, body, version) {
  /** @type {Promise<Sent<Note>>} */ const sent = send(method, notesPath + path, body, version);
  const work = sent.then(({ value, eventId }) => {
    own.add(mark(method === "DELETE" ? "delete" : "put", value));
    return { note: value, eventId };
  });
  pending.add(work);
  work.catch(() => {}).finally(() => pending.delete(work));
  return work;
}
