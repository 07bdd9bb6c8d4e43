/** What boards are called, wherever a page says it. */

/** @param {{id: number, name: string}} board */
export function rename({ id, name }) {
  const shown = document.querySelectorAll(`[data-names="${id}"]`);
  const before = shown[0]?.textContent ?? "";
  if (!shown.length || before === name) return;
  for (const element of shown) element.textContent = name;
  if (document.querySelector("main")?.dataset.boardId === String(id)) retitle(before, name);
}

/** The window's title begins with it, but for a count of what is unread. @param {string} before @param {string} name */
function retitle(before, name) {
  const [count] = /^(?:\(\d+\) )?/.exec(document.title) ?? [""];
  const rest = document.title.slice(count.length);
  if (rest.startsWith(`${before} ·`)) document.title = count + name + rest.slice(before.length);
}
