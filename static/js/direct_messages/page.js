/** A user's direct messages: new ones are added at once, on every screen that shows them. */
import { ask, Problem } from "../lib/api.js";
import { find, valuesOf } from "../lib/elements.js";
import * as liveForm from "../lib/live_form.js";
import { announceNews } from "../lib/page_events.js";
import { retryUntilDone } from "../lib/retry.js";
import * as linkedNotes from "../messages/linked_notes.js";
import * as messageNotes from "../messages/message_notes.js";
import * as quotes from "../messages/quotes.js";
import * as reactions from "../messages/reactions.js";
import { MessageTable } from "./message_table.js";

const PAGE = 100; // messages that the table shows at first
const NOBODY_CHOSEN = { field: "recipient_id", message: "Choose a recipient." };
const READ_OUT = 100; // characters of a message
const END = "9223372036854775807"; // before this id are the newest

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {HTMLFormElement|null} */ const form = element.querySelector("#send-form"); // of whose messages these are
  const recipient = form && find(form, "select", HTMLSelectElement);
  const table = new MessageTable(element);
  const user = Number(element.dataset.user);
  const { heardOn = `user:${user}` } = element.dataset;

  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { topic, action, message } }) => {
    if (!message?.recipient_id || topic !== heardOn) return; // messages to the assistant have no recipient
    if (message.author_id !== user && message.recipient_id !== user) return;
    if (action === "delete") return table.remove(message);
    table.put(message, true);
    if (action === "create" && message.author_id !== user)
      announceNews(`${message.author?.nickname}: ${message.content.slice(0, READ_OUT)}`);
  };
  const fetchNewest = async () => {
    const { value } = await ask(`/users/${user}/messages?limit=${PAGE}&before_id=${END}`, { signal });
    table.clear();
    for (const message of value) table.put(message, false);
  };
  const load = () => retryUntilDone(fetchNewest, feed, signal);

  const list = find(element, "#messages");
  const { noteBoard, noteBoardName = "" } = element.dataset;
  linkedNotes.start(list, feed);
  quotes.start(list, feed, (change) => change());
  reactions.start(list, feed);
  if (noteBoard) messageNotes.start(list, { id: Number(noteBoard), name: noteBoardName }, feed);
  feed.addEventListener("change", onChange, { signal });
  feed.addEventListener("reset", load, { signal });
  if (form) {
    liveForm.start(form, feed, {
      path: "/messages",
      body: () => {
        if (!recipient?.value) throw new Problem(422, { errors: [NOBODY_CHOSEN] });
        return { author_id: user, ...valuesOf(form) };
      },
      cleared: ["content"],
      done: "Sent.",
    });
  }
  return () => controller.abort();
}
