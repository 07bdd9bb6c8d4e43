/**
 * The versions of the things in a list, by id, so that states may come twice, late and out of order.
 *
 * 1. A state is accepted only if its version is newer than what is known of the thing. 2. What is deleted stays deleted: a
 * late page of the list does not bring it back, only a newer version does. 3. What is marked stale accepts any version,
 * and stays stale until it has accepted one.
 */
const STALE = 0; // versions begin at 1

/** @typedef {{id: number, version: number}} State */

export class VersionedList {
  /** @type {Map<number, number>} of what is listed, and of what was deleted */ #versions = new Map();

  /** Whether a state is newer than what is known; if so, it is what is known. @param {State} state */
  accept({ id, version }) {
    if (version <= (this.#versions.get(id) ?? STALE)) return false;
    this.#versions.set(id, version);
    return true;
  }

  /** @param {State} state the last one */
  delete({ id, version }) {
    this.#versions.set(id, Math.max(version, this.#versions.get(id) ?? STALE));
  }

  /** It is listed no more, but not deleted. @param {number} id */
  release(id) {
    this.#versions.delete(id);
  }

  /** What was known may not hold any more. @param {Iterable<number>} [ids] of what is still listed */
  markStale(ids = []) {
    this.#versions = new Map([...ids].map((id) => [id, STALE]));
  }

  /** @param {number} id */
  isStale(id) {
    return this.#versions.get(id) === STALE;
  }
}
