/** A room's page: starts its modules. */
import { find } from "../lib/elements.js";
import * as textCompletion from "../lib/completion/text_completion.js";
import { prefer } from "../shell/preferences.js";
import * as shortcuts from "../shell/shortcuts.js";
import { viewer } from "../shell/viewer.js";
import * as assistantAnswers from "./assistant_answers.js";
import * as assistantMention from "./assistant_mention.js";
import * as assistantStatus from "./assistant_status.js";
import * as feedUpdates from "./feed_updates.js";
import { guestPosting } from "./guest_posting.js";
import { completions, pathOfRoom } from "../messages/completions.js";
import * as linkedNotes from "../messages/linked_notes.js";
import * as levelMenu from "./level_menu.js";
import * as loadMore from "./load_more.js";
import * as messageComposer from "./message_composer.js";
import * as messageDeleting from "./message_deleting.js";
import * as messageEditing from "./message_editing.js";
import * as messageGrouping from "./message_grouping.js";
import { messageKeys } from "./message_keys.js";
import * as messageNotes from "../messages/message_notes.js";
import * as quotes from "../messages/quotes.js";
import * as reactions from "../messages/reactions.js";
import { MessageWindow } from "./message_window.js";
import * as outboxList from "./outbox_list.js";
import * as presence from "./presence.js";
import { Reading } from "./read_marker.js";
import { Replying } from "./replying.js";
import * as roomUpdates from "./settings/updates.js";
import { LogScroll } from "./scroll_position.js";
import * as typingIndicator from "./typing_indicator.js";
import * as typingSender from "./typing_sender.js";
import * as unreadDivider from "./unread_divider.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const list = find(element, "#messages");
  const older = find(element, "#older");
  const { room, kind, newest, lastRead, unread } = element.dataset;
  const roomId = Number(room);
  if (newest === undefined) return location.replace(location.pathname); // older pages are for readers without scripts

  const scroll = new LogScroll(find(element, "#log"), list);
  const messages = scroll.keeping(() => new MessageWindow(list, roomId, older.dataset.state === "whole"));
  const reading = new Reading(messages, scroll, lastRead ? Number(lastRead) : Number.POSITIVE_INFINITY, feed);
  scroll.start();
  messageGrouping.start(list);
  feedUpdates.start(messages, scroll, feed, find(element, "#empty-room"));
  unreadDivider.start(find(element, "#jump"), messages, scroll, reading, Number(unread ?? 0));
  reading.start();
  loadMore.start(older, messages, scroll, feed);
  presence.start(find(element, "#here"), roomId, feed);
  if (kind === "room" || kind === "note") roomUpdates.start(element, feed);
  /** @type {HTMLElement|null} */ const levels = element.querySelector("#levels");
  if (levels) levelMenu.start(levels, roomId, viewer, feed);
  typingIndicator.start(find(element, "#typing"), roomId, feed);
  assistantAnswers.start(list, feed);
  linkedNotes.start(list, feed, (change) => scroll.keeping(change));
  quotes.start(list, feed, (change) => scroll.keeping(change));
  reactions.start(list, feed);
  const { noteBoard, noteBoardName = "" } = element.dataset;
  if (noteBoard) messageNotes.start(list, { id: Number(noteBoard), name: noteBoardName }, feed);
  if (kind === "private") assistantStatus.start(find(element, "#assistant-missing"), list, feed);
  if (!viewer) startGuest(element, messages.roomId, scroll);
  const mayWrite = !("archived" in element.dataset) && element.dataset.role !== "reader";
  const writing = viewer && mayWrite ? startWriting(element, messages, scroll, feed) : {};
  shortcuts.start(find(document, "#shortcuts", HTMLDialogElement), { ...messageKeys(list, scroll), ...writing });
  if (element.dataset.lastRoom !== room) prefer("room", roomId);
}

/** @param {HTMLElement} element @param {number} roomId @param {LogScroll} scroll */
function startGuest(element, roomId, scroll) {
  /** @type {HTMLFormElement|null} */ const form = element.querySelector("#message-form"); // where guests may talk
  if (!form) return;
  const post = guestPosting(form);
  messageComposer.start(form, roomId, (content) => {
    post(content);
    scroll.toEnd();
  });
}

/**
 * @param {HTMLElement} element @param {MessageWindow} messages @param {LogScroll} scroll @param {ExpectingFeed} feed
 * @returns {Record<string, () => unknown>} what further keys do
 */
function startWriting(element, messages, scroll, feed) {
  const form = find(element, "#message-form", HTMLFormElement);
  const { outbox } = outboxList.start(find(element, "#outbox"), messages, scroll, feed);
  const asks = Boolean(form.querySelector("#ask-button"));
  const { kind, people } = element.dataset;
  const sources = completions(pathOfRoom(element.dataset), {
    assistant: asks,
    everybody: () => "owner" in element.dataset,
    only: kind === "room" || kind === "note" ? null : (people ?? "").split(" ").map(Number),
  });
  textCompletion.start(find(form, "[name=content]", HTMLTextAreaElement), sources);
  const replying = new Replying(form, messages.element);
  replying.start();
  messageComposer.start(form, messages.roomId, (content) => {
    outbox.add(content, viewer, replying.take());
    scroll.toEnd();
  });
  if (element.dataset.kind !== "private") typingSender.start(form, messages.roomId);
  messageEditing.start(element, messages, sources, feed);
  messageDeleting.start(messages.element, feed);
  return asks ? { "@": assistantMention.start(form) } : {};
}
