/** The window's title. */

/** It begins with the name of what the page shows, but for a count of what is unread. @param {string} before @param {string} name */
export function retitle(before, name) {
  const [count] = /^(?:\(\d+\) )?/.exec(document.title) ?? [""];
  const rest = document.title.slice(count.length);
  if (rest.startsWith(`${before} ·`)) document.title = count + name + rest.slice(before.length);
}
