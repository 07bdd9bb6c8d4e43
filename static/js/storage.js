/** What this browser keeps for one installation. Storage may be full or switched off: then nothing is kept, nothing breaks. */

const prefix = `quart-notes:${document.documentElement.dataset.root ?? ""}:`;

/** @param {string} key @returns {any} what was kept, or null */
export function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(prefix + key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {any} value null forgets */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Nothing is kept.
  }
}

/** @param {string} start @returns {string[]} the keys that begin with `start` */
export function keysFrom(start) {
  try {
    const full = prefix + start;
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(full))
      .map((key) => key.slice(prefix.length));
  } catch {
    return [];
  }
}
