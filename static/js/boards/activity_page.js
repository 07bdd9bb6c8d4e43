/** The page of a board's activity: what happens comes to the top. */
import { find } from "../lib/elements.js";
import * as boardUpdates from "./board_updates.js";
import { boardId } from "./current_board.js";
import * as records from "./records.js";

const NAME_LENGTH = 80;

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const empty = find(element, "#empty-records");
  boardUpdates.start(element, feed);
  records.start(feed, {
    path: `/boards/${boardId}/activity`,
    concerns: ({ board_id }) => board_id === boardId,
    keyOf: ({ at, note_id }) => `${at}~${note_id}`,
    fill,
    changed: (entries) => {
      empty.hidden = entries.length > 0;
    },
  });
}

/** @param {HTMLElement} item @param {ActivityOut} entry */
function fill(item, { kind, by, at, note_id, title, deleted }) {
  records.fillWho(item, by, at);
  find(item, ".record-verb").textContent = records.wordsFor(kind, "edited");
  item.toggleAttribute("data-deleted", deleted);
  const link = find(item, ".record-note", HTMLAnchorElement);
  const board = link.pathname.replace(/\/(notes\/\d+|trash)$/, "");
  link.href = deleted ? `${board}/trash` : `${board}/notes/${note_id}`;
  const name = title || "a note";
  find(link, "bdi").textContent = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
}
