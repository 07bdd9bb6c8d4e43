/** The imports into a board, newest first, live. */
import { boardId } from "../boards/current_board.js";
import { find } from "../lib/elements.js";
import { remove, removeAll } from "../lib/focus.js";
import { fill, rowFor, showTime } from "./job_row.js";
import { follow, isListed } from "./job_updates.js";

const MINUTE_MS = 60_000;

/** @param {HTMLElement} element the list @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const empty = find(document, "#empty-jobs");
  const rows = () => /** @type {HTMLElement[]} */ ([...element.children]);
  /** @type {number|undefined} a job that is to be brought into sight */ let awaited;

  /** @param {number|undefined} id */
  const row = (id) => rows().find(({ dataset }) => Number(dataset.id) === id);
  const showEmpty = () => (empty.hidden = element.children.length > 0);
  const reveal = () => {
    const shown = row(awaited);
    if (!shown) return;
    awaited = undefined;
    shown.scrollIntoView({ block: "nearest" });
  };
  /** @param {Job} job */
  const insert = (job) => {
    const made = rowFor(job);
    element.insertBefore(made, rows().find(({ dataset }) => Number(dataset.id) < job.id) ?? null);
    showEmpty();
    return made;
  };
  /** @param {Job} job */
  const put = (job) => {
    if (job.board_id !== boardId || !isListed(job)) return;
    const known = row(job.id);
    if (Number(known?.dataset.version) > job.version) return; // older than what the page came with
    const shown = known ?? insert(job);
    keepingFocus(shown, () => fill(shown, job));
    reveal();
  };
  /** @param {Job} job */
  const drop = ({ id }) => {
    remove(row(id));
    showEmpty();
  };
  const clear = () => {
    removeAll(element);
    showEmpty();
  };
  /** @param {PageEvents["import:sent"]} event */
  const sent = ({ detail }) => {
    awaited = detail;
    reveal();
  };

  follow(feed, { put, remove: drop, clear }, controller.signal);
  document.addEventListener("import:sent", sent, { signal: controller.signal });
  rows().forEach(showTime);
  const timer = setInterval(() => rows().forEach(showTime), MINUTE_MS);
  return () => {
    controller.abort();
    clearInterval(timer);
  };
}

/** A change of state may hide the focused button: then the focus moves to the job. @param {HTMLElement} row @param {() => void} change */
function keepingFocus(row, change) {
  const active = document.activeElement;
  change();
  if (active instanceof HTMLElement && row.contains(active) && !active.checkVisibility())
    row.focus({ preventScroll: true });
}
