/** Makes a note of a message on the open board. */
import { explain, Problem, send } from "../lib/api.js";
import { RepeatKey } from "../lib/client_key.js";
import { around } from "../lib/elements.js";
import { toast } from "../lib/page_events.js";

const { root = "" } = document.documentElement.dataset;

/** @param {HTMLElement} element the list @param {{id: number, name: string}} board @param {ExpectingFeed} feed */
export function start(element, board, feed) {
  const controller = new AbortController();
  /** @type {Map<number, RepeatKey>} by message */ const keys = new Map();
  /** @type {Set<number>} */ const busy = new Set();

  /** @param {number} id */
  const add = async (id) => {
    if (busy.has(id)) return;
    busy.add(id);
    const key = keys.get(id) ?? new RepeatKey();
    keys.set(id, key);
    try {
      const body = { board_id: board.id };
      const client_key = key.for({ ...body, version: versionOf(id) });
      /** @type {Sent<Note>} */ const { value, eventId } = await send("POST", `/messages/${id}/note`, {
        ...body,
        client_key,
      });
      key.answered();
      feed.expectEvent(eventId);
      const run = () => location.assign(`${root}/front/boards/${board.id}/notes/${value.id}`);
      toast(`Added as a note to ${board.name}.`, { label: "Show the note", run });
    } catch (caught) {
      toast(explain(Problem.of(caught), "No note was made"), { label: "Retry", run: () => add(id) });
    } finally {
      busy.delete(id);
    }
  };
  /** @param {number} id */
  const versionOf = (id) => {
    const item = element.querySelector(`#message-${id}`);
    return item instanceof HTMLElement ? Number(item.dataset.version) : 0;
  };
  /** @param {Event} event */
  const submit = (event) => {
    const item = around(event, ".note-form") && around(event, ".message, .message-row");
    if (!item) return;
    event.preventDefault();
    add(Number(item.dataset.id));
  };
  element.addEventListener("submit", submit, { signal: controller.signal });
  return () => controller.abort();
}
