/** Two versions of one note, side by side, and the choice between them. */
import { around, clone, find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import { announce } from "../lib/page_events.js";

/** @typedef {"mine"|"theirs"|"edit"} Choice */
/** @typedef {{choice: Choice, seen: Note}} Chosen and the version that was seen */
/** @typedef {{chosen: Promise<Chosen>, update: (theirs: Note) => void, close: () => void}} Conflict */

/** @param {HTMLElement} card @param {NoteText} mine @param {Note} theirs @returns {Conflict} */
export function showConflict(card, mine, theirs) {
  const panel = clone("note-conflict");
  /** @param {"mine"|"theirs"} side @param {NoteText} text */
  const write = (side, { title, description }) => {
    find(panel, `.${side} .conflict-title`).textContent = title ?? "";
    find(panel, `.${side} .conflict-text`).textContent = description ?? "";
  };
  /** @param {Note} newer */
  const update = (newer) => {
    theirs = newer;
    write("theirs", theirs);
  };
  const close = () => {
    const focused = panel.contains(document.activeElement);
    panel.remove();
    delete card.dataset.conflict;
    if (focused) card.focus({ preventScroll: true });
  };
  /** @type {Promise<Chosen>} */
  const chosen = new Promise((choose) => {
    /** @param {Choice} choice */
    const take = (choice) => {
      close();
      choose({ choice, seen: theirs });
    };
    panel.addEventListener("click", (event) => {
      const button = around(event, "[data-choice]");
      if (button) take(/** @type {Choice} */ (button.dataset.choice));
    });
    panel.addEventListener("keydown", (event) => keyOf(event) === "Escape" && take("edit"));
  });
  write("mine", mine);
  update(theirs);
  card.dataset.conflict = "";
  card.append(panel);
  find(panel, ".conflict-head").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
  announce("Somebody else changed this note while you were editing it. Both versions are shown.");
  return { chosen, update, close };
}
