/**
 * Writes a foreign document, such as a copied part of a page, as Markdown.
 *
 * 1. The document is only read: it loads nothing, runs nothing, and no node of it comes into the page. 2. What is not
 * known here becomes its text.
 */
import { blocksOf, joined } from "./html_blocks.js";
import { isHidden, styleOf } from "./html_words.js";

const HTML_MAX = 1_000_000; // characters; a note has 20,000
const TAG = /<[a-z][^<>]*>/gi;
const FORMATTED =
  "h1, h2, h3, h4, h5, h6, ul, ol, blockquote, table, hr, strong, em, i, s, del, strike, code, a[href], img[src^=http]," +
  'input[type=checkbox], b:not([data-style*="font-weight:normal"], [data-style*="font-weight: normal"])';
const FORMATTED_STYLE = /font-weight:\s*(?:bold|[6-9]00)|font-style:\s*italic|line-through/i;

/** @param {string} html @returns {string} "" for a document without formats, whose text is as good */
export function markdownOf(html) {
  if (html.length > HTML_MAX) return "";
  const { body } = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  return isFormatted(body) ? joined(blocksOf(body)) : "";
}

/**
 * Browsers report the styles and handlers that the page's policy forbids, even in a document that is only read.
 * @param {string} html
 */
function withoutStyles(html) {
  const [before, ...styled] = html.split(/<style\b/i);
  const parts = styled.map((part) => {
    const end = part.search(/<\/style>/i);
    return end < 0 ? "" : part.slice(end + "</style>".length);
  });
  const rest = before + parts.join("");
  return rest.replace(TAG, (tag) => tag.replace(/([\s"'/])(style|on\w+)(?=\s*=)/gi, "$1data-$2"));
}

/** @param {HTMLElement} body */
function isFormatted(body) {
  const visible = [...body.children].filter((element) => !isHidden(element) && !element.matches("meta, br"));
  const [only] = visible.length === 1 && body.textContent.trim() === visible[0].textContent?.trim() ? visible : [];
  // Programmers' editors colour the words of code, also by bold and italic.
  if (only?.matches("pre, code") || /white-space:\s*pre\s*(?:;|$)/i.test(only ? styleOf(only) : "")) return false;
  return [...body.querySelectorAll("*")].some(
    (element) => element.matches(FORMATTED) || FORMATTED_STYLE.test(styleOf(element)),
  );
}
