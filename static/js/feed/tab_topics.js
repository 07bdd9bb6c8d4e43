/** The topics of all tabs of a browser. A tab holds a lock of its own: another tab that gets this lock knows that it is closed. */

/** @param {string} name of all that the tabs share @param {string} tab */
const lockOf = (name, tab) => `${name}#${tab}`;

/** Have it known that this tab is there. @param {string} name @param {string} tab @param {() => void} known @returns {() => void} leave */
export function registerTab(name, tab, known) {
  let leave = () => {};
  /** @type {Promise<void>} */
  const left = new Promise((go) => {
    leave = go;
  });
  navigator.locks?.request(lockOf(name, tab), () => {
    known();
    return left;
  });
  return leave;
}

export class TabTopics {
  /** @type {Map<string, string[]>} */ #tabs = new Map();
  #controller = new AbortController();

  /** @param {string} name @param {() => void} shrunk when a tab has gone */
  constructor(name, shrunk) {
    this.name = name;
    this.shrunk = shrunk;
  }

  /** All topics, each once. */
  get union() {
    return [...new Set([...this.#tabs.values()].flat())].sort();
  }

  /** @param {string} tab @param {string[]} topics @returns {boolean} whether the tab is new */
  set(tab, topics) {
    const known = this.#tabs.has(tab);
    this.#tabs.set(tab, topics);
    if (known) return false;
    const gone = () => {
      this.#tabs.delete(tab);
      this.shrunk();
    };
    // Rejects when nobody waits any more.
    navigator.locks?.request(lockOf(this.name, tab), { signal: this.#controller.signal }, gone).catch(() => {});
    return true;
  }

  stop() {
    this.#controller.abort();
  }
}
