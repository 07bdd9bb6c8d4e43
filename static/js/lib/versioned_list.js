/**
 * The versions of the objects in a list, by id, so that states may come twice, late and out of order.
 *
 * 1. A state is accepted only if its version is newer than the known one. 2. A deleted object stays deleted: a late page of
 * the list does not restore it, only a newer version does. 3. An object that is marked stale accepts any version, and
 * stays stale until it has accepted one.
 */
const STALE = 0; // versions begin at 1

/** @typedef {{id: number, version: number}} State */

export class VersionedList {
  /** @type {Map<number, number>} of listed and of deleted objects */ #versions = new Map();

  /** Whether a state is newer than the known one, which it then replaces. @param {State} state */
  accept({ id, version }) {
    if (version <= (this.#versions.get(id) ?? STALE)) return false;
    this.#versions.set(id, version);
    return true;
  }

  /** @param {State} state the last one */
  delete({ id, version }) {
    this.#versions.set(id, Math.max(version, this.#versions.get(id) ?? STALE));
  }

  /** The object leaves the list, but is not deleted. @param {number} id */
  release(id) {
    this.#versions.delete(id);
  }

  /** The known versions may be out of date. @param {Iterable<number>} [ids] of the objects that are still listed */
  markStale(ids = []) {
    this.#versions = new Map([...ids].map((id) => [id, STALE]));
  }

  /** @param {number} id */
  isStale(id) {
    return this.#versions.get(id) === STALE;
  }
}
