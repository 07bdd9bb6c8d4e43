/**
 * Changes of the open room: a new name; archived or not, closed or open, another role; leaves a room that is gone. A thread is called
 * as its note is, and has the roles of its board.
 */
import { ask, Problem } from "../../lib/api.js";
import { find } from "../../lib/elements.js";
import { retryUntilDone } from "../../lib/retry.js";
import { retitle } from "../../shell/page_title.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const id = Number(element.dataset.room);
  const { root = "" } = document.documentElement.dataset;
  const [about, boardId] = [element.dataset.note, element.dataset.board].map(Number);
  let version = 0; // of the note; messages make no new one
  const [accounts, administers] = ["accounts", "admin"].map((name) => name in document.documentElement.dataset);

  /** Only once: a second navigation would abort the first. @param {() => void} navigate */
  const leave = (navigate) => {
    if (signal.aborted) return;
    controller.abort();
    navigate();
  };
  const reload = () => leave(() => location.reload());

  /** What depends on it is in the page as it was made. Typed text is kept. @param {Room} room */
  const show = ({ name, archived, closed, board_id }) => {
    const words = find(element, "h1 bdi");
    if (name && words.textContent !== name) {
      retitle(words.textContent, name);
      words.textContent = name;
    }
    if (about && board_id !== boardId) reload();
    if (archived !== "archived" in element.dataset || closed !== "closed" in element.dataset) reload();
  };
  /** An event does not say everything: after it was closed, or with another role, it is asked for. */
  const check = async () => {
    try {
      const { value } = await ask(`/rooms/${id}`, { signal });
      show(value);
      element.toggleAttribute("data-owner", value.role === "owner");
      element.toggleAttribute("data-moderates", administers || (accounts && value.role === "owner"));
      if (element.dataset.role && value.role !== element.dataset.role) reload();
    } catch (caught) {
      if (Problem.of(caught).status !== 404) throw caught;
      leave(() => location.replace(`${root}/front/rooms?gone`));
    }
  };
  const checkAgain = () => retryUntilDone(check, feed, signal);
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { action, room, room_membership, note, membership } }) => {
    if (note?.id === about && note.version > version) {
      version = note.version;
      checkAgain();
    } else if (membership?.board_id === boardId) checkAgain();
    if (room?.id === id && action !== "delete") show(room);
    else if (room?.id === id || room_membership?.room_id === id) checkAgain();
  };

  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", checkAgain, { signal });
  feed.addEventListener("denied", ({ detail }) => detail.includes(`room:${id}`) && checkAgain(), { signal });
  return () => controller.abort();
}
