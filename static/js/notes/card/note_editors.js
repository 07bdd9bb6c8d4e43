/** Shows on each card who else has an editor of its note open, and announces it. */
import { boardId } from "../../boards/current_board.js";
import { activitySentence } from "../../shell/activity_sentence.js";
import { newsOf } from "../../shell/presence_announcements.js";
import { viewer } from "../../shell/viewer.js";
import { nameOf, noteOf } from "../note_card.js";

/** @param {HTMLElement} element the page's main @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Map<number, User[]>} the other people, by note */ let editors = new Map();

  /** @param {HTMLElement} card */
  const show = (card) => {
    const people = editors.get(noteOf(card).id) ?? [];
    card.toggleAttribute("data-editors", people.length > 0);
    for (const place of card.querySelectorAll(".note-editors"))
      place.replaceChildren(...activitySentence(people, "editing"));
  };
  /** @param {Map<number, User[]>} now */
  const update = (now) => {
    const before = editors;
    editors = now;
    for (const id of new Set([...before.keys(), ...now.keys()])) {
      const card = document.getElementById(`note-${id}`);
      if (!card) continue;
      show(card);
      const known = before.get(id)?.map((person) => person.id) ?? [];
      for (const { id: personId, nickname } of now.get(id) ?? []) {
        if (!known.includes(personId)) newsOf(`${nickname} is editing ${nameOf(noteOf(card))}.`);
      }
    }
  };
  /** @param {FeedEventMap["change"]} event */
  const onChange = ({ detail: { editing } }) => {
    if (editing?.board_id !== boardId) return;
    update(new Map(editing.notes.map(({ note_id, people }) => [note_id, people.filter(({ id }) => id !== viewer)])));
  };

  feed.addEventListener("change", onChange, { signal });
  // Without a connection nobody knows. Afterwards the server sends those who still edit, if there are any.
  feed.addEventListener("state", () => feed.state !== "live" && update(new Map()), { signal });
  element.addEventListener("note:changed", ({ target, detail }) => detail.before || show(target), { signal });
  element.addEventListener("editor:opened", ({ target }) => show(target), { signal });
  return () => controller.abort();
}
