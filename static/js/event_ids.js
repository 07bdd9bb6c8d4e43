/** Event ids: an epoch and a number that grows in commit order, joined by a hyphen. */

/** @param {string} id @returns {[string, number]} */
function parts(id) {
  const cut = id.lastIndexOf("-");
  return [id.slice(0, cut), Number(id.slice(cut + 1))];
}

/**
 * Whether `id` says something that a reader who is at `than` does not know. Another epoch always does.
 * @param {string} id @param {string} than "" knows nothing
 */
export function isNewer(id, than) {
  if (!than) return true;
  const [epoch, number] = parts(id);
  const [thanEpoch, thanNumber] = parts(than);
  return epoch !== thanEpoch || number > thanNumber;
}
