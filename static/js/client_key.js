/** A key for a message, new for each: however often it is sent, it is posted once. */

const BYTES = 12;

/** @returns {string} 24 characters; crypto.randomUUID is not there on plain http */
export function clientKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
