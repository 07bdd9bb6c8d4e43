/** Writes the blocks of a foreign document as Markdown: paragraphs, headings, lists, quotes, code, tables. */
import { isHidden, styleOf, wordsOf } from "./html_words.js";

const BLOCK =
  "address, article, aside, blockquote, body, center, dd, details, div, dl, dt, fieldset, figcaption, figure, footer, form, " +
  "h1, h2, h3, h4, h5, h6, header, hr, li, main, menu, nav, ol, p, pre, section, summary, table, tbody, td, tfoot, th, thead, tr, ul";
const HEADING = "h1, h2, h3, h4, h5, h6";
const BLOCK_MARK = /^(?:([-+*=|>]|#{1,6}|-{3,}|={2,})(?=\s|$)|(\d{1,9})(?=[.)](?:\s|$)))/gm;
const WORD_ITEM = /mso-list:\s*\S+\s+level(\d)/i; // Word writes its lists as paragraphs
/** @type {WeakMap<Document, number>} */ const topLevels = new WeakMap();
const BOX = "input[type=checkbox], [role=checkbox]";
const LANGUAGE = /(?:^|\s)lang(?:uage)?-([\w+#-]+)/;

/** Markdown of one part of a document. @typedef {{text: string, kind: "text"|"list"|"item"}} Block */

/** @param {Node} parent @returns {Block[]} */
export function blocksOf(parent) {
  /** @type {Block[]} */ const blocks = [];
  /** @type {Node[]} */ let words = [];
  const endParagraph = () => {
    blocks.push(plainBlock(paragraph(words)));
    words = [];
  };
  for (const node of parent.childNodes) {
    if (!(node instanceof Element) || !isBlock(node)) words.push(node);
    else if (!isHidden(node)) {
      endParagraph();
      blocks.push(...blockOf(node));
    }
  }
  endParagraph();
  return blocks.filter(({ text }) => text);
}

/** Unknown elements around blocks are blocks too. @param {Element} element */
const isBlock = (element) =>
  element.matches(BLOCK) || (!element.matches("a, button") && element.querySelector(BLOCK) !== null);

/** @param {string} text @returns {Block} */
const plainBlock = (text) => ({ text, kind: "text" });

/** Words at the beginning of a line that would be the mark of a block get a backslash. @param {Node[]} nodes */
const paragraph = (nodes) =>
  wordsOf(nodes).replace(BLOCK_MARK, (_, mark, number) => (mark ? `\\${mark}` : `${number}\\`));

/** @param {Element} element @returns {Block[]} */
function blockOf(element) {
  if (element.matches(HEADING)) return [plainBlock(heading(element))];
  if (element.matches("hr")) return [plainBlock("---")];
  if (element.matches("pre")) return [plainBlock(fenced(element))];
  if (element.matches("ul, ol, menu")) return [{ text: list(element), kind: "list" }];
  const item = WORD_ITEM.exec(styleOf(element));
  if (item) return [wordItem(element, Number(item[1]))];
  if (element.matches("blockquote")) return [plainBlock(quoted(joined(blocksOf(element))))];
  if (element instanceof HTMLTableElement && isSimple(element)) return [plainBlock(table(element))];
  return blocksOf(element);
}

/** @param {Element} element */
function heading(element) {
  const level = Number(element.tagName[1]) - topLevel(element.ownerDocument) + 1;
  const words = wordsOf(element.childNodes, { bold: true }).replace(/\s+/g, " ");
  return words && `${"#".repeat(level)} ${words}`;
}

/** The highest level of heading in a document, which becomes the first: a card shows those of its note two levels lower. @param {Document} foreign */
function topLevel(foreign) {
  const known = topLevels.get(foreign);
  const level = known ?? [1, 2, 3, 4, 5, 6].find((each) => foreign.querySelector(`h${each}`)) ?? 1;
  topLevels.set(foreign, level);
  return level;
}

/** @param {Block[]} blocks @param {boolean} [tight] whether a list follows its paragraph at once */
export function joined(blocks, tight = false) {
  return blocks.reduce((text, { text: added, kind }, at) => {
    const follows = kind === "item" ? blocks[at - 1]?.kind === "item" : tight && kind === "list";
    return text + (text && (follows ? "\n" : "\n\n")) + added;
  }, "");
}

/** @param {string} text */
const quoted = (text) => text.replace(/^(?=.)/gm, "> ").replace(/^$/gm, text && ">");

/** @param {Element} element */
function fenced(element) {
  const text = (element.textContent ?? "").replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const [, language = ""] = LANGUAGE.exec(`${element.className} ${element.querySelector("code")?.className}`) ?? [];
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return text.trim() && `${fence}${language}\n${text}\n${fence}`;
}

/** @param {Element} element @returns {string} */
function list(element) {
  let number = element instanceof HTMLOListElement ? element.start : Number.NaN;
  const items = [...element.children].filter((child) => !isHidden(child));
  const lines = items.map((child) => {
    // Some programs put a nested list beside its item.
    if (child.matches("ul, ol")) return indented(list(child), 2);
    const marker = Number.isNaN(number) ? "- " : `${number++}. `;
    const text = boxOf(child) + joined(blocksOf(child), true);
    return text.trim() && marker + indented(text, marker.length).trimStart();
  });
  return lines.filter(Boolean).join("\n");
}

/** @param {Element} element @param {number} level from 1 @returns {Block} */
function wordItem(element, level) {
  const number = element.querySelector('[data-style*="mso-list:Ignore"]')?.textContent?.match(/\d+/)?.[0];
  const text = `${"    ".repeat(level - 1)}${number ? `${number}.` : "-"} ${wordsOf(element.childNodes)}`;
  return { text, kind: "item" };
}

/** The box of a task: a real one, or an element with that role, the item itself too. @param {Element} item @returns {string} */
function boxOf(item) {
  const boxes = [item, ...item.querySelectorAll("*")].filter((one) => one.matches(BOX));
  const box = boxes.find((one) => one.closest("li") === item);
  if (!box) return "";
  const isTicked = box.hasAttribute("checked") || box.getAttribute("aria-checked") === "true";
  return isTicked ? "[x] " : "[ ] ";
}

/** @param {string} text @param {number} columns */
const indented = (text, columns) => text.replace(/^(?=.)/gm, " ".repeat(columns));

/** Whether a table has rows of one length, and words alone in its cells. @param {HTMLTableElement} element */
function isSimple(element) {
  const rows = [...element.rows];
  const isEven = rows.every(({ cells }) => cells.length === rows[0].cells.length && cells.length > 1);
  return (
    isEven &&
    !element.querySelector("table, ul, ol, pre, blockquote, [colspan]:not([colspan='1']), [rowspan]:not([rowspan='1'])")
  );
}

/** @param {HTMLTableElement} element */
function table(element) {
  const rows = [...element.rows].map(({ cells }) =>
    [...cells].map((cell) => wordsOf([cell]).replace(/\s+/g, " ").replaceAll("|", "\\|")),
  );
  const [head, ...others] = rows;
  return [head, head.map(() => "---"), ...others].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
