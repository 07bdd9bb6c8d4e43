/** The history on the page of a note: new versions come to the top; one is restored with an offer to undo it. */
import { notesPath } from "../../boards/current_board.js";
import * as records from "../../boards/records.js";
import { explain, Problem } from "../../lib/api.js";
import { around, find } from "../../lib/elements.js";
import { toast } from "../../lib/page_events.js";
import { change } from "../note_requests.js";

const PAGE_STATES = 20; // as many as the server puts on the page

/** @param {HTMLElement} element the section @param {number} id the note's @param {ExpectingFeed} feed */
export function start(element, id, feed) {
  records.start(feed, {
    path: `${notesPath}/${id}/history?limit=${PAGE_STATES}`,
    concerns: (note) => note.id === id,
    keyOf: ({ version }) => String(version),
    fill,
    changed: (states) => {
      element.hidden = !states.length;
    },
  });

  /** @param {number} version */
  const restore = async (version) => {
    try {
      const { eventId } = await change("POST", `/${id}/history/${version}/restore`);
      feed.expectEvent(eventId);
      return true;
    } catch (caught) {
      toast(explain(Problem.of(caught), "Not restored"));
      return false;
    }
  };
  element.addEventListener("submit", async (event) => {
    const item = around(event, ".restore-form") && around(event, ".record");
    if (!item) return;
    event.preventDefault();
    const [version, before] = [item, element.querySelector(".record")].map((one) =>
      Number(/** @type {HTMLElement} */ (one).dataset.key),
    );
    if (await restore(version)) toast(`Restored version ${version}.`, { label: "Undo", run: () => restore(before) });
  });
}

/** @param {HTMLElement} item @param {RevisionOut} state */
function fill(item, { version, changes, by, at }) {
  records.fillWho(item, by, at);
  find(item, ".record-number").textContent = String(version);
  find(item, ".record-changes").textContent = changes.map((name) => records.wordsFor(name, "edited")).join(", ");
  const link = find(item, ".record-version", HTMLAnchorElement);
  link.search = `?version=${version}`;
  const form = find(item, ".restore-form", HTMLFormElement);
  form.action = form.action.replace(/\d+(?=\/restore$)/, String(version));
  const button = find(form, "button");
  button.ariaLabel = `${button.dataset.label} ${version}`;
}
