/** The single-key shortcuts of a conversation (shell/shortcuts.js). */
import { find } from "../lib/elements.js";
import { goTo, keyClick } from "../lib/list_keys.js";

/**
 * @param {HTMLElement} list @param {import("./scroll_position.js").LogScroll} scroll
 * @returns {Record<string, () => unknown>}
 */
export function messageKeys(list, scroll) {
  /** @returns {HTMLElement|null} */
  const current = () => document.activeElement?.closest(".message") ?? null;
  const last = () => /** @type {HTMLElement|null} */ (list.lastElementChild);
  const next = () =>
    goTo(/** @type {HTMLElement|null|undefined} */ (current()?.nextElementSibling ?? (current() ? null : last())));
  const previous = () => goTo(/** @type {HTMLElement|null|undefined} */ (current()?.previousElementSibling ?? last()));
  /** @param {string} selector of a control that only some messages have */
  const tool = (selector) => () => {
    const shown = current()?.querySelector(`.message-tools:not([hidden]) ${selector}:not([hidden])`);
    return shown ? keyClick(current(), selector) : false;
  };
  /** The focused answer, or the newest that is being written. */
  const stop = () => {
    const growing = list.querySelectorAll(":is([data-answer=waiting], [data-answer=writing])");
    return keyClick(current(), ".stop-button") || keyClick(growing[growing.length - 1], ".stop-button");
  };
  const write = () => {
    const field = document.querySelector("#message-form [name=content]");
    if (field instanceof HTMLElement) field.focus();
    return Boolean(field);
  };
  return {
    n: write,
    j: next,
    k: previous,
    ArrowDown: () => (current() ? next() : false),
    ArrowUp: () => (current() ? previous() : false),
    r: tool(".reply-link"),
    "+": tool(".react-link"),
    e: tool(".edit-link"),
    m: tool(".note-button"),
    Delete: tool(".delete-button"),
    s: stop,
    G: () => scroll.toEnd(),
    End: () => scroll.toEnd(),
    h: () => find(document, "#here summary").click(),
  };
}
