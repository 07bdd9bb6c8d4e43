/** What this browser keeps for one installation. Storage may be full or switched off: then nothing is kept, nothing breaks. */

const prefix = `quart-notes:${document.documentElement.dataset.root ?? ""}:`;

/** @template {keyof Kept} Key @param {Key} key @returns {Kept[Key]|null} */
export function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(prefix + key) ?? "null");
  } catch {
    return null;
  }
}

/** @template {keyof Kept} Key @param {Key} key @param {Kept[Key]|null} value null forgets */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Nothing is kept.
  }
}

/** @param {string} start @returns {number[]} the numbers that follow `start` in the keys */
export function numbersAfter(start) {
  try {
    const full = prefix + start;
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(full));
    return keys.map((key) => Number(key.slice(full.length)));
  } catch {
    return [];
  }
}
