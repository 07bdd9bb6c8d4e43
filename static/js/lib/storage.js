/**
 * This browser's storage for one installation; with accounts, separate for each user, except for keys that are not about
 * a user. Storage may be full or switched off: then nothing is stored, and nothing fails.
 */

const { root = "", person = "", accounts } = document.documentElement.dataset;
const prefix = `quart-notes:${root}:`;
const own = accounts === undefined ? prefix : `${prefix}user:${person}:`;

/** @type {Set<keyof StoredValues>} the theme is for the pages before signing in too; the road is the network's */
const OF_NOBODY = new Set(["theme", "road"]);

/** @param {keyof StoredValues} key */
const full = (key) => (OF_NOBODY.has(key) ? prefix : own) + key;

/** @template {keyof StoredValues} Key @param {Key} key @returns {StoredValues[Key]|null} */
export function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(full(key)) ?? "null");
  } catch {
    return null;
  }
}

/** @template {keyof StoredValues} Key @param {Key} key @param {StoredValues[Key]|null} value null forgets */
export function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(full(key));
    else localStorage.setItem(full(key), JSON.stringify(value));
  } catch {
    // Nothing is stored.
  }
}

/** Whether a storage event is about this key. @param {keyof StoredValues} key @param {string|null} changed null: all */
export const isKey = (key, changed) => changed === null || changed === full(key);

/** @param {string} start @returns {number[]} the numbers that follow `start` in the keys */
export function numbersAfter(start) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(own + start));
    return keys.map((key) => Number(key.slice(own.length + start.length)));
  } catch {
    return [];
  }
}
