/** Sends changes of the board's notes, and tells which events are of own changes. */
import { boardId, notesPath } from "../boards/current_board.js";
import { Problem, send } from "../lib/api.js";

/** @type {Set<Promise<unknown>>} */ const pending = new Set();
/** @type {Set<string>} */ const own = new Set();
/** @param {string} action a feed's, or "put" @param {{id: number, version: number}} note */
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
  return tracked(work);
}

/**
 * Send a change of several notes at once. Deleted notes are left out.
 * @param {BulkWay} way @returns {Promise<{notes: Note[], eventId: string}>} or throws a Problem
 */
export function changeSeveral({ ids, change, path = notesPath }) {
  const work = sendSeveral(path, ids, change).then(({ value, eventId }) => {
    for (const note of value) own.add(eventOf(note, change));
    return { notes: value, eventId };
  });
  return tracked(work);
}

/** Send a change of one note in the form of those of several. @param {number} id @param {BulkChange} change @returns {Promise<Saved>} or throws a Problem */
export async function changeOne(id, change) {
  const { notes, eventId } = await changeSeveral({ ids: [id], change });
  return { note: notes[0], eventId };
}

/** @param {string} path @param {number[]} ids @param {object} change @returns {Promise<Sent<Note[]>>} */
async function sendSeveral(path, ids, change) {
  try {
    return await send("POST", `${path}/bulk`, { ids, change });
  } catch (caught) {
    const problem = Problem.of(caught);
    const gone = new Set(problem.status === 404 ? problem.errors.map(({ field }) => field) : []);
    const rest = ids.filter((_, index) => !gone.has(`ids.${index}`));
    if (!gone.size || !rest.length) throw problem;
    return sendSeveral(path, rest, change);
  }
}

/** The mark of the event that this board gets. @param {Note} note as it is then @param {BulkChange} change */
function eventOf(note, { deleted, board_id }) {
  if (board_id && board_id !== boardId) return mark("delete", { ...note, version: note.version - 1 });
  return mark(deleted ? "delete" : "put", note);
}

/** @template Result @param {Promise<Result>} work */
function tracked(work) {
  pending.add(work);
  work.catch(() => {}).finally(() => pending.delete(work));
  return work;
}
