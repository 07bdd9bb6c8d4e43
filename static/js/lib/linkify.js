/** Links web addresses in a text; nothing else in it is interpreted. The server does the same (web/linkify.py). */

// An address ends at blanks, controls, marks that turn the direction, quotes, and angle brackets.
const END = '\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u2069\\u3000\\ufeff<>"';
const ADDRESS = new RegExp(`(?<![A-Za-z0-9])https?://[^${END}]+`, "gi");
const HOST = /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i; // with a name before an @ it would look like another host
const SENTENCE_ENDS = ".,;:!?'*_~…»”’";
const BRACKETS = ["()", "[]", "{}"];

/** The nodes that show a text. @param {string} text @returns {(string|HTMLAnchorElement)[]} */
export function linked(text) {
  const nodes = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(found);
    if (!HOST.test(address)) continue;
    if (index > from) nodes.push(text.slice(from, index));
    nodes.push(anchor(address));
    from = index + address.length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

/** Without punctuation at the end, and without a bracket that was opened before the address. @param {string} address */
function trimmed(address) {
  const surplus = new Map(
    BRACKETS.map(([opening, closing]) => [closing, count(address, closing) - count(address, opening)]),
  );
  let end = address.length;
  for (; ; end--) {
    const last = address[end - 1];
    const extra = surplus.get(last) ?? 0;
    if (extra <= 0 && !SENTENCE_ENDS.includes(last)) return address.slice(0, end);
    surplus.set(last, extra - 1);
  }
}

/** @param {string} text @param {string} character */
const count = (text, character) => text.split(character).length - 1;

/** @param {string} address begins with http:// or https:// */
function anchor(address) {
  const link = document.createElement("a");
  link.href = link.textContent = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}
