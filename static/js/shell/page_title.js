/** The window's title: an unread count, then the page's name. */

const COUNT = /^(?:\(\d+\) )?/;

/** Replaces the name at its start, after an unread count. @param {string} before @param {string} name */
export function retitle(before, name) {
  const [count] = COUNT.exec(document.title) ?? [""];
  const rest = document.title.slice(count.length);
  if (rest.startsWith(`${before} ·`)) document.title = count + name + rest.slice(before.length);
}

/** Sets the unread count before the name. @param {number} count */
export function countInTitle(count) {
  document.title = document.title.replace(COUNT, count ? `(${count}) ` : "");
}
