/** Writes the words of a foreign document as Markdown: bold, italic, struck, code, links; the rest as plain text. */
import { isAddress, linkTo } from "./link_commands.js";

/** Inside which marks a text is, so that none is repeated; and whether its line breaks and spaces count. */
/** @typedef {{bold?: boolean, italic?: boolean, struck?: boolean, link?: boolean, pre?: boolean}} Style */

const MARKS = /** @type {const} */ ([
  ["struck", "~~"],
  ["bold", "**"],
  ["italic", "*"],
]);
const TAGS = { bold: "b, strong", italic: "i, em", struck: "s, del, strike" };
const STYLES = {
  bold: /font-weight:\s*(?:bold|[6-9]00)/i,
  italic: /font-style:\s*italic/i,
  struck: /text-decoration[^;]*line-through/i,
};
const NOT_BOLD = /font-weight:\s*(?:normal|[1-5]00)/i; // Google Docs puts everything into one such <b>
const PRESERVED = /white-space(?:-collapse)?:\s*(?:pre|break-spaces|preserve)/i;
const BLANKS = /[ \t\n\r\f]+/g;
const ADDRESS = /((?:https?:\/\/|mailto:|tel:)[^\s<>]+)/;
// What Markdown would take for a mark.
const MARKUP = new RegExp(
  [
    "\\\\(?=[!-/:-@\\[-`{-~]|$)",
    "`",
    "(?<!\\s)\\*|\\*(?=\\S)",
    "(?<![\\p{L}\\p{N}\\s])_|_(?![\\p{L}\\p{N}\\s])|(?<=\\s)_(?=\\S)",
    "~(?=~)|(?<=~)~",
    "<(?=[a-zA-Z/!?])",
    "&(?=#?\\w+;)",
    "\\](?=[(\\[:])",
  ].join("|"),
  "gu",
);
const HIDDEN =
  "script, style, template, noscript, title, head, svg, math, iframe, object, select, button, textarea, [hidden]";

/** @param {Element} element */
export const isHidden = (element) =>
  element.matches(HIDDEN) || /display:\s*none|mso-list:\s*ignore/i.test(styleOf(element));

/** Its inline style (html_to_markdown.js renames the attribute). @param {Element} element */
export const styleOf = (element) => element.getAttribute("data-style") ?? "";

/** The Markdown of some nodes; a line break is one, and no blank is at its ends. @param {Iterable<Node>} nodes @param {Style} [style] around them */
export const wordsOf = (nodes, style = {}) =>
  written(nodes, style)
    .replace(/[ \t]*\n[ \t]*/g, "\n")
    .trim();

/** @param {Iterable<Node>} nodes @param {Style} style */
function written(nodes, style) {
  let text = "";
  for (const node of nodes) {
    const piece = pieceOf(node, style);
    const [, mark = ""] = /^(\*\*|~~)(?!\*|~)/.exec(piece) ?? [];
    // Two bold pieces side by side are one.
    text =
      mark && text.endsWith(mark) && !text.endsWith(`\\${mark}`) ? text.slice(0, -2) + piece.slice(2) : text + piece;
  }
  return text;
}

/** @param {Node} node @param {Style} style @returns {string} */
function pieceOf(node, style) {
  if (node instanceof Text) return textOf(node, style);
  if (!(node instanceof Element) || isHidden(node)) return "";
  if (node.matches("br")) return "\n";
  if (node.matches("img")) return picture(node);
  if (node.matches("code, kbd, samp, tt")) return code(node.textContent ?? "");
  if (node.matches("a[href]") && !style.link) return link(node, style);
  const text = emphasized(node, style);
  return node.matches("p, div, li") ? `\n${text}\n` : text; // in a cell or a heading
}

/** @param {Text} node @param {Style} style */
function textOf({ data }, { pre, link: isLink }) {
  const text = escaped(pre ? data.replace(/\r\n?/g, "\n") : data.replace(BLANKS, " "));
  return isLink ? text.replace(/\\?([[\]])/g, "\\$1") : text;
}

/** @param {Element} element @param {Style} style */
function emphasized(element, style) {
  const css = styleOf(element);
  const added = MARKS.filter(([name]) => {
    const isMarked = element.matches(TAGS[name]) && !(name === "bold" && NOT_BOLD.test(css));
    return !style[name] && (isMarked || STYLES[name].test(css));
  });
  const inner = { ...style, ...Object.fromEntries(added.map(([name]) => [name, true])) };
  const text = written(element.childNodes, {
    ...inner,
    pre: style.pre || PRESERVED.test(css) || element.matches("pre"),
  });
  return added.reduce((words, [, mark]) => enclosed(words, mark), text);
}

/** A mark touches its words; line breaks end it. @param {string} text @param {string} mark */
function enclosed(text, mark) {
  const lines = text.split("\n").map((line) => {
    const words = line.trim();
    return words ? line.replace(words, () => mark + words + mark) : line;
  });
  return lines.join("\n");
}

/** @param {Element} element @param {Style} style */
function link(element, style) {
  const address = element.getAttribute("href")?.trim() ?? "";
  const text = written(element.childNodes, { ...style, link: true });
  const words = text.replace(/\s+/g, " ").trim();
  if (!words || !isAddress(address)) return text;
  const label = element.textContent?.trim() ?? "";
  if ([address, `${label}/`, `mailto:${label}`].includes(address) && isAddress(label)) return label;
  return text.replace(text.trim(), () => linkTo(words, address));
}

/** @param {Element} element @returns {string} a picture's address, which notes show as a link; or its description */
function picture(element) {
  const [words, address] = ["alt", "src"].map((name) => element.getAttribute(name)?.trim() ?? "");
  return /^https?:/i.test(address) ? `!${linkTo(escaped(words), address)}` : escaped(words);
}

/** @param {string} text */
function code(text) {
  const words = text.replace(/\s+/g, " ").trim();
  if (!words) return text ? " " : "";
  const longest = Math.max(0, ...[...words.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return longest ? `${ticks} ${words} ${ticks}` : ticks + words + ticks;
}

/** Text that Markdown shows as it is; an address stays one. @param {string} text */
function escaped(text) {
  const parts = text.replaceAll("\u00a0", " ").split(ADDRESS);
  return parts.map((part, at) => (at % 2 ? part : part.replace(MARKUP, "\\$&"))).join("");
}
