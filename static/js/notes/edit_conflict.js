/** Two versions of one note, side by side, and the choice between them. */
import { around, clone, find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import { announce } from "../lib/page_events.js";

/** @typedef {"mine"|"theirs"|"edit"} Choice */
/** @typedef {{choice: Choice, mine: NoteText, seen: NoteBase}} Chosen the choice, and the versions that were seen */
/** @typedef {{chosen: Promise<Chosen>, update: (mine: NoteText, theirs: NoteBase) => void, close: () => void}} Conflict */

/** @param {HTMLElement} frame around the editor, which is hidden as long as it lasts @param {NoteText} mine @param {NoteBase} theirs @returns {Conflict} */
export function showConflict(frame, mine, theirs) {
  const panel = clone("note-conflict");
  /** @param {"mine"|"theirs"} side @param {NoteText} text */
  const write = (side, { title, description }) => {
    find(panel, `.${side} .conflict-title`).textContent = title ?? "";
    find(panel, `.${side} .conflict-text`).textContent = description ?? "";
  };
  /** @param {NoteText} merged @param {NoteBase} newer */
  const update = (merged, newer) => {
    [mine, theirs] = [merged, newer];
    write("mine", mine);
    write("theirs", theirs);
  };
  const close = () => {
    const focused = panel.contains(document.activeElement);
    panel.remove();
    delete frame.dataset.conflict;
    if (focused) frame.focus({ preventScroll: true });
  };
  /** @type {Promise<Chosen>} */
  const chosen = new Promise((choose) => {
    /** @param {Choice} choice */
    const take = (choice) => {
      close();
      choose({ choice, mine, seen: theirs });
    };
    panel.addEventListener("click", (event) => {
      const button = around(event, "[data-choice]");
      if (button) take(/** @type {Choice} */ (button.dataset.choice));
    });
    panel.addEventListener("keydown", (event) => keyOf(event) === "Escape" && take("edit"));
  });
  update(mine, theirs);
  frame.dataset.conflict = "";
  frame.append(panel);
  find(panel, ".conflict-head").focus({ preventScroll: true });
  frame.scrollIntoView({ block: "nearest" });
  announce("Somebody else changed this note while you were editing it. Both versions are shown.");
  return { chosen, update, close };
}
