/** Narrows the lists of rooms and conversations by name, without case and accents; arrow keys go through what is left. */
import { around, find } from "../lib/elements.js";
import { handOn } from "../lib/focus.js";
import { keyOf } from "../lib/keyboard.js";
import { goTo } from "../lib/list_keys.js";
import { fold, words } from "../lib/search_text.js";

const FEW = 8; // entries that are seen at a glance; as in macros/room_list.html

/** @param {HTMLElement} element with the lists @returns {() => void} */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  const place = find(element, "#rooms-filter");
  const field = find(place, "input", HTMLInputElement);
  const none = find(element, ".rooms-no-match");
  /** @type {string[]} */ let wanted = [];

  const rows = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".rooms > li")]);
  /** @param {HTMLElement} row */
  const show = (row) => {
    const name = wanted.length ? fold(find(row, ".room-name").textContent) : "";
    const hidden = !wanted.every((word) => name.includes(word));
    if (row.hidden !== hidden) handOn(row, () => (row.hidden = hidden));
    return !hidden;
  };
  const showAll = () => {
    const all = rows();
    const left = all.filter(show);
    const words = left.length ? "" : "Nothing with this name.";
    if (none.textContent !== words) none.textContent = words;
    element.toggleAttribute("data-filtering", wanted.length > 0);
    place.hidden = !wanted.length && all.length <= FEW;
  };
  const narrow = () => {
    wanted = words(field.value);
    showAll();
  };
  const links = () => rows().flatMap((row) => (row.checkVisibility() ? [find(row, ".menu-item")] : []));
  const clear = () => {
    field.value = "";
    narrow();
  };
  /** @type {Record<string, () => unknown>} */ const keysOfField = {
    ArrowDown: () => goTo(links()[0]),
    Enter: () => field.value.trim() && links()[0]?.click(),
    Escape: () => (field.value ? clear() : field.blur()),
  };
  /** @param {HTMLElement} link @param {number} step */
  const go = (link, step) => {
    const all = links();
    const index = all.indexOf(link) + step;
    return goTo(index < 0 && !place.hidden ? field : all[index]);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const key = keyOf(event);
    const link = around(event, ".rooms > li .menu-item");
    if (event.target === field && key in keysOfField) keysOfField[key]();
    else if (link && key === "ArrowDown") go(link, 1);
    else if (link && key === "ArrowUp") go(link, -1);
    else if (link && key === "Escape" && wanted.length) {
      clear();
      goTo(link);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // the page's own keys are for its other lists
  };

  const changes = new MutationObserver(showAll);
  changes.observe(element, { childList: true, characterData: true, subtree: true });
  field.addEventListener("input", narrow, { signal });
  element.addEventListener("keydown", press, { signal });
  showAll();
  return () => {
    controller.abort();
    changes.disconnect();
  };
}
