/** Keeps the names of boards current, wherever a page shows them. */
import { retitle } from "../shell/page_title.js";

/** @param {{id: number, name: string}} board */
export function rename({ id, name }) {
  const shown = document.querySelectorAll(`[data-names="${id}"]`);
  const before = shown[0]?.textContent ?? "";
  if (!shown.length || before === name) return;
  for (const element of shown) element.textContent = name;
  if (document.querySelector("main")?.dataset.boardId === String(id)) retitle(before, name);
}
