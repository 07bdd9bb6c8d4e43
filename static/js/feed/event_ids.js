/** Event ids: an epoch and a number that grows in commit order, joined by a hyphen. */

/** @param {string} id @returns {[string, number]} */
function parts(id) {
  const cut = id.lastIndexOf("-");
  return [id.slice(0, cut), Number(id.slice(cut + 1))];
}

/**
 * Whether `id` is news for a client that is at `than`. An id of another epoch always is.
 * @param {string} id @param {string} than "" knows nothing
 */
export function isNewer(id, than) {
  return !than || behind(than, id) > 0;
}

/** How many events, of all topics, lie between two ids; without end between epochs. @param {string} id @param {string} newer */
export function behind(id, newer) {
  const [epoch, number] = parts(id);
  const [newerEpoch, newerNumber] = parts(newer);
  return epoch === newerEpoch ? newerNumber - number : Number.POSITIVE_INFINITY;
}
