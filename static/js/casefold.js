/** Case folding, as the server's search has it: é and É, ß and SS are the same. */

/** @param {string} text */
export const fold = (text) => text.normalize("NFC").toUpperCase().toLowerCase();

/** @param {string} text @returns {string[]} */
export const words = (text) => fold(text).split(/\s+/u).filter(Boolean);
