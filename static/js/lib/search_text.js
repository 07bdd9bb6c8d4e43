/** Folds text for search like the server (domain/text/normalization.py): without case and accents. */

const ACCENTS = new RegExp(
  [
    ...["\\u0300-\\u036f", "\\u1ab0-\\u1aff", "\\u1dc0-\\u1dff", "\\u20d0-\\u20ff", "\\ufe20-\\ufe2f"], // of any letter
    ...["\\u0591-\\u05bd", "\\u05bf", "\\u05c1\\u05c2", "\\u05c4\\u05c5", "\\u05c7"], // points of Hebrew
    ...[
      "\\u0610-\\u061a",
      "\\u064b-\\u065f",
      "\\u0670",
      "\\u06d6-\\u06dc",
      "\\u06df-\\u06e4",
      "\\u06e7\\u06e8",
      "\\u06ea-\\u06ed",
    ],
    ...["\\u00ad", "\\u200b-\\u200f", "\\u2060", "\\ufe00-\\ufe0f", "\\ufeff"], // what shows nothing
  ]
    .map((range) => `[${range}]`)
    .join("|"),
  "gu",
);
/** @type {Record<string, string>} */
const LETTERS = {
  ...{ ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", þ: "th", ς: "σ" },
  ...{ "‘": "'", "’": "'", ʼ: "'", "“": '"', "”": '"', "„": '"' },
};
const OTHERS = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");
const FOREIGN = /[^\t\n -~]/; // without one there is nothing to take apart
const LETTER = /[\s\S][\p{M}\u1160-\u11ff]*/gu; // with the marks on it; of Korean, a syllable
const MOST_WORDS = 20; // as the server takes them

/** @param {string} text */
export function fold(text) {
  if (!FOREIGN.test(text)) return text.toLowerCase();
  const plain = text.normalize("NFKD").replace(ACCENTS, "").toLowerCase().toUpperCase().toLowerCase();
  return plain.replace(OTHERS, (letter) => LETTERS[letter]).normalize("NFC");
}

/** @param {string} text @returns {string[]} */
export const words = (text) => fold(text).split(/\s+/u).filter(Boolean).slice(0, MOST_WORDS);

/**
 * Where folded words occur in a text.
 * @param {string} text @param {string[]} wanted @returns {[number, number][]} from and to, in the text
 */
export function occurrences(text, wanted) {
  /** @type {[number, number][]} */ const places = []; // of each character of the folded text
  let folded = "";
  for (const { 0: letter, index } of text.matchAll(LETTER)) {
    folded += fold(letter);
    while (places.length < folded.length) places.push([index, index + letter.length]);
  }
  /** @type {[number, number][]} */ const found = [];
  for (const word of wanted) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      found.push([places[at][0], places[at + word.length - 1][1]]);
    }
  }
  return found;
}
