/**
 * How the viewer sorts the board: a preference of the current user, on all their screens, else of this browser. An address
 * that names a sort goes before both.
 */
import { store, stored } from "../../lib/storage.js";
import { emit } from "../../lib/page_events.js";
import { prefer } from "../../shell/preferences.js";

const KEY = "board_sort";
/** @type {Sort[]} */ const SORTS = ["board", "changed", "created", "title"];

/** How the board is sorted when the page opens. @param {HTMLElement} main @returns {Sort} */
export const firstSort = (main) => sortOf(main.dataset.sort || stored("board-sort"));

/** @param {HTMLSelectElement} element @param {HTMLElement} list @param {Sort} sort as it is now */
export function start(element, list, sort) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @param {Sort} chosen */
  const show = (chosen) => {
    element.value = chosen;
    list.dataset.sort = chosen;
    if (chosen === sort) return;
    sort = chosen;
    emit(list, "notes:sorted", sort);
  };
  const choose = () => {
    const chosen = sortOf(element.value);
    const address = new URL(location.href);
    if (address.searchParams.has("sort")) {
      address.searchParams.set("sort", chosen);
      history.replaceState(history.state, "", address);
    }
    store("board-sort", chosen === "board" ? null : chosen);
    prefer(KEY, chosen);
    show(chosen);
  };
  element.addEventListener("change", choose, { signal });
  document.addEventListener("preference", ({ detail }) => detail.key === KEY && show(sortOf(detail.value)), { signal });
  show(sort);
  return () => controller.abort();
}

/** @param {unknown} value @returns {Sort} */
const sortOf = (value) => SORTS.find((sort) => sort === value) ?? "board";
