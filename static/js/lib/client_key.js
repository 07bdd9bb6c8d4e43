/** A client key for a request that creates an object: repeated requests create it once. */

const BYTES = 12;

/** @returns {string} 24 characters; crypto.randomUUID is not there on plain http */
export function clientKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of a form's next request: the same for a repetition, whose response may have been lost. */
export class RepeatKey {
  /** @type {SentKey} */ #last;

  /** @param {SentKey|null} last of the former page @param {(last: SentKey|null) => void} save stores it beyond this page */
  constructor(last = null, save = () => {}) {
    this.#last = last ?? { content: "", key: "" };
    this.save = save;
  }

  /** @param {object} body @returns {string} */
  for(body) {
    const content = JSON.stringify(body);
    if (content !== this.#last.content) {
      this.#last = { content, key: clientKey() };
      this.save(this.#last);
    }
    return this.#last.key;
  }

  /** The response has arrived. */
  answered() {
    this.#last = { content: "", key: "" };
    this.save(null);
  }
}
