/** The page of a board's bin: deleted notes come and go; one is restored with an offer to undo it. */
import { explain, Problem, send } from "../lib/api.js";
import { address, around, find } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";
import { language, toMilliseconds } from "../lib/time.js";
import * as boardUpdates from "./board_updates.js";
import { boardId, notesPath } from "./current_board.js";
import * as records from "./records.js";

const NAME_LENGTH = 60;
const TEXT_LENGTH = 300;
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const empty = find(element, "#empty-records");
  const emptying = find(element, "#empty-form");
  boardUpdates.start(element, feed);
  records.start(feed, {
    path: `/boards/${boardId}/trash`,
    concerns: ({ board_id }) => board_id === boardId,
    keyOf: ({ note }) => String(note.id),
    fill,
    changed: (entries) => {
      empty.hidden = entries.length > 0;
      emptying.hidden = !entries.length;
    },
  });
  /** @type {NodeListOf<HTMLTimeElement>} */ const times = element.querySelectorAll(".record-until");
  for (const time of times) showDay(time);

  /** @param {string} method @param {string} path @param {string} failed */
  const change = async (method, path, failed) => {
    try {
      const { eventId, value } = await send(method, notesPath + path);
      feed.expectEvent(eventId);
      return /** @type {Note} */ (value);
    } catch (caught) {
      toast(explain(Problem.of(caught), failed));
      return null;
    }
  };
  element.addEventListener("submit", async (event) => {
    const item = around(event, ".restore-form") && around(event, ".record");
    if (!item) return;
    event.preventDefault();
    const id = item.dataset.key;
    const note = await change("POST", `/${id}/restore`, "Not restored");
    const undo = () => change("DELETE", `/${id}`, "Not deleted");
    if (note)
      toast(`Restored “${short(note.title || note.description || "", NAME_LENGTH)}”.`, { label: "Undo", run: undo });
  });
}

/** @param {HTMLElement} item @param {TrashedNoteOut} entry */
function fill(item, { note, deleted_at, deleted_by, kept_until }) {
  records.fillWho(item, deleted_by, deleted_at);
  find(item, ".record-title").textContent = note.title ?? "";
  find(item, ".record-text").textContent = short(note.description ?? "", TEXT_LENGTH);
  const until = find(item, ".record-until", HTMLTimeElement);
  until.dateTime = toMilliseconds(kept_until);
  showDay(until);
  for (const form of item.querySelectorAll("form")) address(form, "action", note.id);
  const name = short(note.title || note.description || "", NAME_LENGTH);
  /** @type {NodeListOf<HTMLElement>} */ const controls = item.querySelectorAll("[data-label]");
  for (const control of controls) control.ariaLabel = `${control.dataset.label}: ${name}`;
}

/** @param {HTMLTimeElement} time */
function showDay(time) {
  time.textContent = days.format(new Date(time.dateTime));
}

/** @param {string} text @param {number} length */
const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
