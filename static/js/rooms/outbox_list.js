/** Shows unsent messages below the conversation, marked as such, with a retry button. */
import { around, clone, find } from "../lib/elements.js";
import { remove } from "../lib/focus.js";
import { announce, emit } from "../lib/page_events.js";
import { group } from "./message_grouping.js";
import { itemFor, messageOf } from "./message_item.js";
import { explainUnsent, Outbox } from "./outbox.js";

/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @type {Record<Outgoing["state"], string>} */
const WORDS = { waiting: "Sending…", sending: "Sending…", sent: "Sent", failed: "Not sent" };

/**
 * @param {HTMLElement} element the list of what is unsent @param {import("./message_window.js").MessageWindow} messages
 * @param {import("./scroll_position.js").LogScroll} scroll @param {ExpectingFeed} feed
 */
export function start(element, messages, scroll, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Map<string, HTMLElement>} */ const rows = new Map();

  /** @param {Outgoing[]} items */
  const show = (items) => {
    const keys = new Set(items.map(({ key }) => key));
    scroll.keeping(() => {
      for (const [key, row] of rows) {
        if (keys.has(key)) continue;
        remove(row);
        rows.delete(key);
      }
      for (const item of items) showState(rows.get(item.key) ?? make(item), item);
      regroup();
    });
  };
  /** @param {Outgoing} item */
  const make = (item) => {
    const row = rowFor(item, messages.roomId);
    rows.set(item.key, row);
    element.append(row);
    return row;
  };
  const regroup = () => {
    let before = messages.newest;
    for (const row of rows.values()) {
      group(row, before);
      before = messageOf(row);
    }
  };
  /** @param {Unsent} item */
  const hasArrived = ({ key, author_id }) => messages.hasKey(key, author_id);
  const outbox = new Outbox(messages.roomId, feed, { changed: show, arrived: hasArrived });
  /** @param {CardEvent<MessageChange>} event */
  const arrived = ({ detail: { message } }) => message.client_key && outbox.drop(message.client_key);
  /** @param {Event} event */
  const click = (event) => {
    const key = around(event, ".unsent")?.dataset.key ?? "";
    if (around(event, ".retry-button")) outbox.retry(key);
    if (!around(event, ".take-back-button")) return;
    const { content } = messageOf(/** @type {HTMLElement} */ (rows.get(key)));
    outbox.drop(key);
    emit(element, "composer:take-back", content);
  };

  messages.element.addEventListener("message:changed", arrived, { signal });
  element.addEventListener("click", click, { signal });
  const stop = outbox.start();
  return {
    outbox,
    stop() {
      controller.abort();
      stop();
    },
  };
}

/** @param {Outgoing} item @param {number} roomId */
function rowFor({ key, author_id, content, date, reply_to }, roomId) {
  const row = itemFor({
    ...{ id: 0, room_id: roomId, version: 0, content, author_id, author: null, guest: null },
    ...{ client_key: key, date, edited_at: null, reply_to, reactions: [] },
  });
  row.id = `unsent-${key}`;
  row.classList.add("unsent");
  row.dataset.own = "";
  find(row, ".author").remove();
  find(row, ".message-tools").remove();
  row.append(clone("unsent-state"));
  return row;
}

/** @param {HTMLElement} row @param {Outgoing} item */
function showState(row, { state, problem }) {
  if (row.dataset.state === state) return;
  const failed = state === "failed";
  const words = failed ? explainUnsent(problem) : WORDS[state];
  row.dataset.state = state;
  find(row, ".unsent-words").textContent = words;
  for (const name of [".retry-button", ".take-back-button"]) find(row, name).hidden = !failed;
  if (failed) announce(words);
}
