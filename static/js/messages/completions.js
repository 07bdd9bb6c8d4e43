/** What is completed in messages and notes: `@` people who may see the text, `#` notes and boards. */
import { ask, pages, Problem } from "../lib/api.js";
import { fold } from "../lib/search_text.js";

/** @typedef {import("../lib/completion/text_completion.js").Completion} Completion */

const MOST = 6; // completions in the list
const PAUSE_MS = 150; // after a key, before the server is asked
const EVERYBODY = { name: "room", hint: "everybody in this room", text: "@room" };
const ASSISTANT = { name: "assistant", hint: "asks the assistant", text: "@assistant" };
const { root = "", accounts } = document.documentElement.dataset;

/**
 * Who may see what is written in a room. @param {{room?: string, kind?: string, closed?: string, board?: string}} data of the page's main
 */
export function pathOfRoom({ room, kind, closed, board }) {
  if (kind === "note") return pathOfBoard(Number(board));
  return accounts !== undefined && kind === "room" && closed !== undefined ? `/rooms/${room}/members` : "/users";
}

/** Who may see what is on a board. @param {number} boardId */
export const pathOfBoard = (boardId) =>
  accounts !== undefined && boardId !== 1 ? `/boards/${boardId}/members` : "/users";

/**
 * @param {string} path of the list of people, below /api
 * @param {{assistant?: boolean, everybody?: () => boolean, only?: number[]|null}} [further] assistant: it can be asked;
 *   everybody: whether the viewer may mention all in the room; only: ids of a conversation's users
 * @returns {Record<string, import("../lib/completion/text_completion.js").Source>}
 */
export function completions(path, { assistant = false, everybody = () => false, only = null } = {}) {
  /** @type {Promise<User[]>|undefined} */ let people;
  /** @param {string} word */
  const names = async (word) => {
    people ??= all(path);
    const known = await people.catch((caught) => {
      people = undefined;
      Problem.of(caught);
      return [];
    });
    const wanted = fold(word);
    const fitting = known.filter((user) => !only || only.includes(user.id)).filter((user) => fits(user, wanted));
    const found = fitting.map(({ nickname, name }) => ({ name: nickname, hint: name, text: `@${nickname}` }));
    if (everybody() && EVERYBODY.name.startsWith(wanted)) found.unshift(EVERYBODY);
    if (assistant && ASSISTANT.name.startsWith(wanted)) found.unshift(ASSISTANT);
    return found.slice(0, MOST);
  };
  return { "@": names, "#": (word, signal) => (word ? places(word, signal) : []) };
}

/** @param {string} path @returns {Promise<User[]>} */
async function all(path) {
  const found = [];
  if (path !== "/users") for (const { user } of (await ask(path)).value) found.push(user);
  else for await (const page of pages(path, new AbortController().signal)) found.push(...page);
  return found.filter((user) => !user.deactivated && (path !== "/users" || !user.guest));
}

/** @param {User} user @param {string} wanted */
function fits({ nickname, name }, wanted) {
  return [nickname, ...name.split(/\s+/)].some((one) => fold(one).startsWith(wanted));
}

/** Notes and boards, each as a link. @param {string} word @param {AbortSignal} signal @returns {Promise<Completion[]>} */
async function places(word, signal) {
  await new Promise((done) => setTimeout(done, PAUSE_MS));
  if (signal.aborted) return [];
  try {
    const [boards, hits] = await Promise.all([
      ask("/boards", { signal }),
      ask(`/search?q=${encodeURIComponent(word)}&in=notes&limit=${MOST}`, { signal }),
    ]);
    const named = boards.value.filter((/** @type {Board} */ { name }) => fold(name).includes(fold(word)));
    return [
      ...named.map((/** @type {Board} */ { id, name }) => linkTo(name, "Board", `boards/${id}/notes`)),
      ...hits.value.hits.map((/** @type {any} */ { note, snippet }) =>
        linkTo(note.title || snippet.slice(0, 60), "Note", `boards/${note.board_id}/notes/${note.id}`),
      ),
    ].slice(0, MOST);
  } catch (caught) {
    if (!signal.aborted) Problem.of(caught);
    return [];
  }
}

/** @param {string} name @param {string} hint @param {string} path @returns {Completion} */
const linkTo = (name, hint, path) => ({
  name,
  hint,
  text: `[${name.replace(/[\\[\]`*_<>]/g, "\\$&")}](${location.origin}${root}/front/${path})`,
});
