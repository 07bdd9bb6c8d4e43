/** Keeps the viewer's role on the board current. Style sheets hide what the role may not do. */
import { find } from "../lib/elements.js";
import { emit, toast } from "../lib/page_events.js";

const ROLES = ["viewer", "ticker", "editor", "owner"];
/** @type {Record<string, string>} */
const WORDS = {
  viewer: "You can see this board now but not change it.",
  ticker: "You can see this board and tick notes off now.",
  editor: "You can change the notes of this board now.",
  owner: "You own this board now.",
};
const main = find(document, "main");

/** @typedef {"ticker"|"editor"|"owner"} Role */

/** @param {Role} needed */
export const may = (needed) => ROLES.indexOf(main.dataset.role ?? "owner") >= ROLES.indexOf(needed);

/** Let the viewer use a control, or not, by the role that it needs. @param {HTMLElement} control */
export const allow = (control) =>
  control.toggleAttribute("disabled", !may(/** @type {Role} */ (control.dataset.needs)));

/** Dispatches `role:changed` from the page's main. @param {string} role what the viewer is from now on */
export function setRole(role) {
  if (main.dataset.role === role) return;
  main.dataset.role = role;
  keepDraftVisible();
  /** @type {NodeListOf<HTMLElement>} */ const controls = main.querySelectorAll("[data-needs]");
  for (const control of controls) allow(control);
  emit(main, "role:changed");
  toast(WORDS[role] ?? "");
}

/** Typed text stays visible, whatever happens to the board. */
export function keepDraftVisible() {
  const fields = [...main.querySelectorAll("#add-note-form :is(input:not([type=hidden]), textarea)")];
  const typed = fields.some((field) => /** @type {HTMLInputElement} */ (field).value);
  main.querySelector("#add-note-form")?.toggleAttribute("data-held", typed);
}
