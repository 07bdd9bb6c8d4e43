/** A text area for Markdown: its keys and its bar. Whatever they change, the browser's undo reverts. */
import * as markdownKeys from "./markdown_keys.js";
import * as markdownToolbar from "./markdown_toolbar.js";

/** Both end with their elements. @param {HTMLTextAreaElement} field @param {HTMLElement} bar */
export function start(field, bar) {
  markdownKeys.start(field);
  markdownToolbar.start(bar, field);
}
