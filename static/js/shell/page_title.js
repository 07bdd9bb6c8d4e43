/** The window's title: an unread count, then the page's name. */

const COUNT = /^(?:\(\d+\) )?/;

/** Replaces the name at its start, after an unread count. @param {string} before @param {string} name */
export function retitle(before, name) {
  const [count] = COUNT.exec(document.title) ?? [""];
  const rest = document.title.slice(count.length);
  if (rest.startsWith(`${before} ·`)) document.title = count + name + rest.slice(before.length);
}

/** @type {Map<string, number>} */ const counts = new Map();

/**
 * Sets an unread count, and shows the largest before the name: a mention in a room is an unread message, too.
 * @param {"messages"|"notifications"} of @param {number} count
 */
export function countInTitle(of, count) {
  counts.set(of, count);
  const most = Math.max(...counts.values());
  const title = document.title.replace(COUNT, most ? `(${most}) ` : "");
  if (document.title !== title) document.title = title;
}
