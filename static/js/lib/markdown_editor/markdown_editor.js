/** A text area for Markdown: its keys, its bar, and pasting. Whatever they change, the browser's undo reverts. */
import * as markdownKeys from "./markdown_keys.js";
import * as markdownToolbar from "./markdown_toolbar.js";
import * as paste from "./paste.js";

/** They end with their elements. @param {HTMLTextAreaElement} field @param {HTMLElement} bar */
export function start(field, bar) {
  markdownKeys.start(field);
  markdownToolbar.start(bar, field);
  paste.start(field);
}
