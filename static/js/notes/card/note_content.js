/** A card's text: plain, or formatted beside its hidden source, with how many of its tasks are done. */
import { allow } from "../../boards/board_role.js";
import { formatted, linesOf, replaceNodes } from "../../lib/content.js";
import { address, attribute, clone, find } from "../../lib/elements.js";
import { showMentions } from "../../shell/user_names.js";

/** @param {HTMLElement} card @param {Note} note */
export function showContent(card, note) {
  const content = note.content ?? null; // an event of an earlier version lacks it
  const tasks = { lines: linesOf(note.description ?? "") };
  find(card, ".description").hidden = content !== null;
  replaceNodes(find(card, ".content"), content ? formatted(content, tasks) : []);
  showMentions(find(card, ".content"));
  showCount(card, note);
  /** @type {NodeListOf<HTMLElement>} */ const controls = card.querySelectorAll(".task-box, .tasks-tools [data-needs]");
  for (const control of controls) allow(control);
}

/** The server marks search results for pages without scripts; search_highlights.js does it here. @param {HTMLElement} card */
export function removeMarks(card) {
  const content = find(card, ".content");
  for (const mark of content.querySelectorAll("mark")) mark.replaceWith(...mark.childNodes);
  content.normalize();
}

/** @param {HTMLElement} card @param {Note} note */
function showCount(card, { id, tasks }) {
  /** @type {HTMLElement|null} */ const shown = card.querySelector(".tasks-tools");
  card.toggleAttribute("data-checklist", Boolean(tasks?.total));
  if (!tasks?.total) {
    shown?.remove();
    return;
  }
  const tools = shown ?? clone("note-tasks");
  if (!shown) {
    for (const one of tools.children) address(one, "action", id);
    find(card, ".note-labels").before(tools);
  }
  tools.dataset.done = String(tasks.done);
  find(tools, ".tasks-count").textContent = `${tasks.done} of ${tasks.total}`;
  putIntoForm(find(card, ".content"), find(tools, ".tasks-form"));
}

/** The boxes of the tasks belong to the form around them. @param {HTMLElement} content @param {Element} other a form with the same address */
function putIntoForm(content, other) {
  if (content.closest(".content-form")) return;
  const form = document.importNode(other);
  attribute(form, "class", "content-form");
  const range = new Range();
  range.selectNode(content);
  range.surroundContents(form);
}
