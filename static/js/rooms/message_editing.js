/** Edits the viewer's own messages in place, one at a time. */
import { around, find } from "../lib/elements.js";
import { hasKeyboard } from "../lib/growing_field.js";
import { MessageEditor } from "./message_editor.js";
import { isOwn, itemsIn, messageOf } from "./message_item.js";

/** @typedef {import("./message_editor.js").Sources} Sources */

/**
 * @param {HTMLElement} element the page's main @param {import("./message_window.js").MessageWindow} messages
 * @param {Sources} sources of completions @param {ExpectingFeed} feed
 */
export function start(element, messages, sources, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {MessageEditor|undefined} */ let editor;

  /** @param {HTMLElement} item @param {string|null} [text] to begin with, unless it is the message's own */
  const edit = (item, text) => {
    if (editor?.item !== item || text) {
      editor?.cancel();
      editor = new MessageEditor(item, text ?? null, sources, feed, closed);
    }
    editor.focus();
  };
  const closed = () => {
    editor = undefined;
    if (hasKeyboard()) find(element, "#message-form [name=content]").focus({ preventScroll: true });
  };
  const editLast = () => {
    const items = itemsIn(messages.element);
    for (let at = items.length - 1; at >= 0; at--) if (isOwn(messageOf(items[at]))) return edit(items[at]);
  };
  /** @param {MouseEvent} event */
  const click = (event) => {
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const item = plain && around(event, ".edit-link") && around(event, ".message");
    if (!item) return;
    event.preventDefault();
    edit(item);
  };
  const onDeleted = () => editor?.item.isConnected === false && editor.messageDeleted();

  messages.element.addEventListener("click", click, { signal });
  messages.element.addEventListener("message:deleted", onDeleted, { signal });
  element.addEventListener("message:edit", ({ target, detail }) => edit(target, detail), { signal });
  element.addEventListener("composer:edit-last", editLast, { signal });
  return () => controller.abort();
}
