/** What the palette offers: boards, rooms, people, notes, and what one can do. */
import { ask, pages } from "../lib/api.js";
import { fold, words } from "../lib/search_text.js";

/**
 * @typedef {{group: string, name: string, hint?: string, href?: string, run?: () => void}} Option
 *   hint: beside the name; href: where it leads to; run: what it does instead
 */

const NOTES_MAX = 8;
const GROUP_MAX = 6; // options of a group
const { root = "", person = "" } = document.documentElement.dataset;

/** What can be done on this page. @returns {Option[]} */
export function actions() {
  const group = "Actions";
  /** @type {NodeListOf<HTMLAnchorElement>} */ const places = document.querySelectorAll(".places a");
  /** @type {Option[]} */
  const found = [...places].map((place) => ({ group, name: `Go to ${nameOf(place)}`, href: place.href }));
  found.push({ group, name: "Go to Boards", href: `${root}/front/boards` });
  const title = document.querySelector("#add-note-form [name=title]");
  if (title instanceof HTMLElement && title.checkVisibility())
    found.unshift({ group, name: "New note", run: () => title.focus() });
  else found.unshift({ group, name: "New note", href: `${root}/front/notes#add-title` });
  for (const [name, selector] of [
    ["Toggle theme", "#theme-button"],
    ["Keyboard shortcuts", "#shortcuts-button"],
  ]) {
    const button = document.querySelector(selector);
    if (button instanceof HTMLElement) found.push({ group, name, run: () => button.click() });
  }
  return found;
}

/** The name of a place without its mark of what is unread. @param {HTMLElement} place */
const nameOf = (place) =>
  [...place.childNodes]
    .filter((node) => node instanceof Text)
    .map((node) => node.textContent?.trim())
    .join("");

/** Boards, rooms and people, as far as they can be read. @param {AbortSignal} signal @returns {Promise<Option[]>} */
export async function places(signal) {
  const lists = [
    every("/boards", signal, boardOption),
    every(`/rooms${person && `?person_id=${person}`}`, signal, roomOption),
    every("/users", signal, userOption),
  ];
  const found = await Promise.allSettled(lists); // one may fail
  return found.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
}

/** @param {string} path @param {AbortSignal} signal @param {(one: any) => Option} option */
async function every(path, signal, option) {
  const found = [];
  for await (const page of pages(path, signal)) found.push(...page.map(option));
  return found;
}

/** @param {Board} board @returns {Option} */
function boardOption({ id, name }) {
  return {
    group: "Boards",
    name,
    href: id === 1 ? `${root}/front/boards/1/notes` : `${root}/front/boards/${id}/notes`,
  };
}

/** @param {Room} room @returns {Option} */
function roomOption({ id, kind, name, people, archived }) {
  const other = people.find((one) => one.id !== Number(person)) ?? people[0];
  const names = { room: name ?? "", direct: other?.nickname ?? "", private: "Assistant", note: name ?? "" };
  const hint = archived ? "Archived" : "";
  return { group: "Rooms", name: names[kind], hint, href: `${root}/front/rooms/${id}` };
}

/** @param {User} user @returns {Option} */
function userOption({ id, nickname, name }) {
  return { group: "People", name: nickname, hint: name, href: `${root}/front/messages/${id}` };
}

/** Notes with all words. @param {string} query @param {AbortSignal} signal @returns {Promise<Option[]>} */
export async function notes(query, signal) {
  const { value } = await ask(`/search?${new URLSearchParams({ q: query, in: "notes", limit: `${NOTES_MAX}` })}`, {
    signal,
  });
  return value.hits.map(noteOption);
}

/** @param {{note: NoteOut, snippet: string}} hit @returns {Option} */
function noteOption({ note: { id, board_id, title }, snippet }) {
  const href = `${root}/front/boards/${board_id}/notes/${id}`;
  return title
    ? { group: "Notes", name: title, hint: title === snippet ? "" : snippet, href }
    : { group: "Notes", name: snippet, href };
}

/**
 * Those of the options that have all words of a search, a few of each group.
 * @param {Option[]} options @param {string} query
 */
export function matching(options, query) {
  const wanted = words(query);
  /** @type {Record<string, number>} */ const counts = {};
  return options.filter(({ group, name, hint }) => {
    const text = fold(`${name} ${hint ?? ""}`);
    if (!wanted.every((word) => text.includes(word))) return false;
    counts[group] = (counts[group] ?? 0) + 1;
    return counts[group] <= GROUP_MAX || group === "Actions";
  });
}

/** The last line: the page of the search. @param {string} query @returns {Option} */
export function everything(query) {
  const name = query ? `Search everything for “${query}”` : "Search everything";
  return { group: "Search", name, href: `${root}/front/search?${new URLSearchParams(query ? { q: query } : {})}` };
}
