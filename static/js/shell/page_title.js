/** The window's title. */

/** Replaces the name at its start, after an unread count. @param {string} before @param {string} name */
export function retitle(before, name) {
  const [count] = /^(?:\(\d+\) )?/.exec(document.title) ?? [""];
  const rest = document.title.slice(count.length);
  if (rest.startsWith(`${before} ·`)) document.title = count + name + rest.slice(before.length);
}
