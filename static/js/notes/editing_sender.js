/**
 * Reports which notes have an editor open on this page: at once, again every minute, and when the connection is back. The
 * server forgets a report with the connection, or when it is not repeated.
 */
import { may } from "../boards/board_role.js";
import { boardId, notesPath } from "../boards/current_board.js";
import { send } from "../lib/api.js";
import { viewer } from "../shell/viewer.js";
import { noteOf } from "./note_card.js";

const REPEAT_MS = 60_000;

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Set<number>} notes with an editor */ const open = new Set();
  /** @type {Set<number>} notes that the server knows of */ const reported = new Set();

  /** A failure has no consequences. @param {number} id @param {boolean} editing */
  const report = (id, editing) => {
    if (editing) reported.add(id);
    else reported.delete(id);
    send("POST", `${notesPath}/${id}/editing`, { author_id: viewer, editing }, undefined, true).catch(() => {});
  };
  const reportChanges = () => {
    if (!viewer || feed.state !== "live" || !may("editor")) return;
    for (const id of reported) if (!open.has(id)) report(id, false);
    for (const id of open) if (!reported.has(id)) report(id, true);
  };
  const repeat = () => {
    for (const id of open) reported.delete(id);
    reportChanges();
  };
  const leave = () => {
    if (feed.state === "live") for (const id of reported) report(id, false);
  };
  /** @param {CardEvent} event */
  const opened = ({ target }) => {
    open.add(noteOf(target).id);
    reportChanges();
  };
  /** @param {CardEvent} event */
  const closed = ({ target }) => {
    open.delete(noteOf(target).id);
    reportChanges();
  };
  /** Of a deleted note there is nothing to report. @param {CardEvent} event */
  const deleting = ({ target }) => {
    open.delete(noteOf(target).id);
    reported.delete(noteOf(target).id);
  };
  /** Another window of the same user has closed its editor. @param {FeedEventMap["change"]} event */
  const changed = ({ detail: { editing } }) => {
    if (editing?.board_id !== boardId) return;
    const shown = editing.notes.filter(({ people }) => people.some(({ id }) => id === viewer));
    for (const id of open) if (!shown.some(({ note_id }) => note_id === id)) reported.delete(id);
    reportChanges();
  };

  element.addEventListener("editor:opened", opened, { signal });
  element.addEventListener("editor:closed", closed, { signal });
  element.addEventListener("note:deleting", deleting, { signal });
  feed.addEventListener("change", changed, { signal });
  feed.addEventListener("state", repeat, { signal });
  addEventListener("pagehide", leave, { signal });
  addEventListener("pageshow", repeat, { signal });
  const timer = setInterval(repeat, REPEAT_MS);
  return () => {
    controller.abort();
    clearInterval(timer);
  };
}
