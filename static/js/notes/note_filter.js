/** The filter of the board's page: its form, and what the server took from the address. It is empty on other pages. */
import { find } from "../lib/elements.js";
import { closeOnLeave } from "../lib/overlay_panel.js";
import { keyOf } from "./labels/board_labels.js";

const { filter = "" } = document.getElementById("notes")?.dataset ?? {};

export const chosen = new URLSearchParams(filter);

/** Whether a note belongs on the page. Without a filter, all that are not archived do. @param {Note} note */
export function matchesFilter(note) {
  const archived = chosen.get("archived") ?? "false";
  if (archived !== "any" && String(isArchived(note)) !== archived) return false;
  return [...chosen].every(([name, wanted]) => TESTS[name]?.(note, wanted) ?? true);
}

/** @param {Pick<Note, "archived_at">} note an event of an earlier version lacks it */
export const isArchived = ({ archived_at }) => Boolean(archived_at);

/** @param {HTMLElement} element with the form */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  const form = find(element, "form", HTMLFormElement);
  /** The address has what is chosen, and what is searched for now, which the search field sends along. */
  const shorten = () => {
    form.querySelector("[type=hidden][name=q]")?.remove();
    const search = find(document, "#search-field", HTMLInputElement);
    search.setAttribute("form", search.value.trim() ? form.id : "search-form");
    /** @type {NodeListOf<HTMLInputElement|HTMLSelectElement>} */ const fields = form.querySelectorAll("input, select");
    for (const field of fields) field.disabled = !field.value;
  };
  /** Back to this page: all fields are there again. */
  const show = () => {
    find(document, "#search-field", HTMLInputElement).setAttribute("form", "search-form");
    /** @type {NodeListOf<HTMLInputElement|HTMLSelectElement>} */ const fields = form.querySelectorAll("input, select");
    for (const field of fields) field.disabled = false;
  };
  closeOnLeave(element, signal);
  form.addEventListener("submit", shorten, { signal });
  addEventListener("pageshow", show, { signal });
  return () => controller.abort();
}

/** @type {Record<string, (note: Note, wanted: string) => boolean>} */
const TESTS = {
  done: ({ done }, wanted) => String(done) === wanted,
  pinned: ({ pinned }, wanted) => String(Boolean(pinned)) === wanted,
  colour: ({ colour }, wanted) => (colour ?? "none") === wanted,
  label: ({ labels = [] }, wanted) => labels.some((name) => keyOf(name) === keyOf(wanted)),
  created_by: ({ created_by }, wanted) => String(created_by) === wanted,
  updated_after: ({ updated_at }, wanted) => Date.parse(updated_at) > Date.parse(wanted),
  updated_before: ({ updated_at }, wanted) => Date.parse(updated_at) < Date.parse(wanted),
};
