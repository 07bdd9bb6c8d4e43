/** Two versions of one note, side by side, and the choice between them. */
import { clone } from "./card.js";

/** @typedef {{title: string|null, description: string|null}} Text */
/** @typedef {"mine"|"theirs"|"edit"} Choice */

/**
 * @param {HTMLElement} card @param {Text} mine @param {Text} theirs @param {(choice: Choice) => void} choose
 * @returns {{update: (theirs: Text) => void, theirs: () => Text, close: () => void}} `theirs` is the version shown last
 */
export function showConflict(card, mine, theirs, choose) {
  const panel = clone("note-conflict");
  const write = (side, { title, description }) => {
    panel.querySelector(`.${side} .conflict-title`).textContent = title ?? "";
    panel.querySelector(`.${side} .conflict-text`).textContent = description ?? "";
  };
  const close = () => {
    panel.remove();
    delete card.dataset.conflict;
  };
  write("mine", mine);
  write("theirs", theirs);
  panel.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-choice]");
    if (button) choose(button.dataset.choice);
  });
  panel.addEventListener("keydown", ({ key }) => key === "Escape" && choose("edit"));
  card.dataset.conflict = "";
  card.append(panel);
  panel.querySelector(".conflict-head").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
  const update = (newer) => {
    theirs = newer;
    write("theirs", newer);
  };
  return { update, theirs: () => theirs, close };
}
