/** Two versions of one note, side by side, and the choice between them. */
import { clone } from "./card.js";
import { announce } from "./messages.js";

/** @typedef {{title: string|null, description: string|null}} Text */
/** @typedef {{choice: "mine"|"theirs"|"edit", seen: import("./card.js").Note}} Chosen and the version that was seen */

/**
 * @param {HTMLElement} card @param {Text} mine @param {import("./card.js").Note} theirs
 * @returns {{chosen: Promise<Chosen>, update: (theirs: import("./card.js").Note) => void, close: () => void}}
 */
export function showConflict(card, mine, theirs) {
  const panel = clone("note-conflict");
  const write = (side, { title, description }) => {
    panel.querySelector(`.${side} .conflict-title`).textContent = title ?? "";
    panel.querySelector(`.${side} .conflict-text`).textContent = description ?? "";
  };
  const update = (newer) => {
    theirs = newer;
    write("theirs", theirs);
  };
  const close = () => {
    panel.remove();
    delete card.dataset.conflict;
  };
  const chosen = new Promise((choose) => {
    const take = (choice) => {
      close();
      choose({ choice, seen: theirs });
    };
    panel.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-choice]");
      if (button) take(button.dataset.choice);
    });
    panel.addEventListener("keydown", ({ key }) => key === "Escape" && take("edit"));
  });
  write("mine", mine);
  update(theirs);
  card.dataset.conflict = "";
  card.append(panel);
  panel.querySelector(".conflict-head").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
  announce("Somebody else changed this note while you were editing it. Both versions are shown.");
  return { chosen, update, close };
}
