/** Builds the nodes of formatted text (quart_notes/schemas/content.py) as templates/macros/content.html does: as text, never as HTML. */

/** @typedef {{lines: string[]}} Tasks how tasks are ticked, by buttons of the form around them: the lines of the source */

const ELEMENTS = new Set(["p", "ul", "ol", "li", "strong", "em", "del", "br"]);
const TEXTS = new Set(["text", "code", "mention"]);
const SPANS = new Set(["p", "a", "strong", "em", "del"]);
const WITHIN_WORDS = new Set(["a", "code", "del", "em", "strong", "text"]);
const BLANKS = /[ \t\n\v\f\r\u1680\u2028\u2029]+/gu;
const OPENING = 160; // characters of the beginning of a text
const LAST_WORD = 40; // characters of a word that is left out there rather than cut
const LINE_END = /\r\n?|\n/;

/** The lines of a source, as the server counts them. @param {string} source */
export const linesOf = (source) => source.split(LINE_END);

/** @param {ContentNode[]} content @param {Tasks|null} tasks null where they cannot be ticked @returns {Node[]} */
export const formatted = (content, tasks = null) => content.map((node) => build(node, tasks));

/**
 * Show a text in an element; a plain one is a paragraph as well, so that what grows stays in its place.
 * @param {Element} place @param {string} source @param {ContentNode[]|null|undefined} content null for a plain text
 */
export function showText(place, source, content) {
  const plain = source ? [element("p", source)] : [];
  replaceNodes(place, content ? formatted(content) : plain);
}

/** @param {ContentNode} node @param {Tasks|null} tasks @returns {Node} */
function build(node, tasks) {
  const { type, text = "", children = [] } = node;
  if (type === "text") return document.createTextNode(text);
  if (type === "task") return task(node, tasks);
  if (type === "a") return link(node);
  if (type === "mention") return mention(node);
  if (type === "code") return element("code", text);
  if (type === "pre") return focusable(element("pre", element("code", text)));
  if (type === "table") return table(node);
  if (type === "quote") return element("blockquote", ...formatted(children, tasks));
  if (type === "h") return element(`h${Math.min((node.level ?? 1) + 2, 6)}`, ...formatted(children));
  if (!ELEMENTS.has(type)) return document.createTextNode(textOf([node])); // of a later version
  const made = element(type, ...formatted(children, tasks));
  if (type === "ol") made.setAttribute("start", String(node.start));
  return made;
}

/** @param {string} name @param {(Node|string)[]} children */
function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** What may be wider than the card scrolls by keys. @param {HTMLElement} made */
function focusable(made) {
  made.tabIndex = 0;
  return made;
}

/** @param {ContentNode} node @param {Tasks|null} tasks */
function task({ line = 1, done, children = [] }, tasks) {
  const made = element("li", box());
  made.className = "task";
  const text = element("div", ...formatted(children, tasks));
  text.className = "task-text";
  made.append(text);
  return made;

  function box() {
    const made = document.createElement(tasks ? "button" : "i");
    made.className = "task-box";
    made.setAttribute("role", "checkbox");
    made.ariaChecked = String(Boolean(done));
    made.ariaLabel = textOf(children) || "Task";
    if (!(made instanceof HTMLButtonElement) || !tasks) {
      made.ariaDisabled = "true";
      return made;
    }
    made.type = "submit";
    made.name = "task";
    made.value = `${line}:${tasks.lines[line - 1]}`;
    made.dataset.needs = "ticker";
    return made;
  }
}

/** @param {ContentNode} node */
function link({ href = "", children = [] }) {
  const made = /** @type {HTMLAnchorElement} */ (element("a", ...formatted(children)));
  made.setAttribute("href", href);
  made.target = "_blank";
  made.rel = "noopener noreferrer nofollow";
  return made;
}

/** As it was written; shell/user_names.js shows the nickname of today. @param {ContentNode} node */
function mention({ text = "", user_id }) {
  const made = element(user_id ? "a" : "b", text);
  made.className = "mention";
  if (user_id) {
    made.setAttribute("href", `${document.documentElement.dataset.root ?? ""}/front/messages/${user_id}`);
    made.dataset.who = String(user_id);
    made.dataset.as = "mention";
  }
  return made;
}

/** @param {ContentNode} node */
function table({ rows = [], align = [] }) {
  const lines = rows.map((cells, number) => {
    const made = cells.map((children, column) => {
      const cell = element(number ? "td" : "th", ...formatted(children));
      if (align[column]) cell.className = `is-${align[column]}`;
      return cell;
    });
    return element("tr", ...made);
  });
  const frame = focusable(element("div", element("table", element("tbody", ...lines))));
  frame.className = "table-frame";
  return frame;
}

/** The text of a line. @param {ContentNode[]} content @returns {string} */
function textOf(content) {
  return content
    .map(({ type, text = "", children = [] }) => {
      if (TEXTS.has(type)) return text;
      if (type === "br") return " ";
      return SPANS.has(type) ? textOf(children) : "";
    })
    .join("");
}

/**
 * The beginning of a text without its marks, on one line, as the server makes it (domain/text/snippets.py).
 * @param {string} source @param {ContentNode[]|null|undefined} content null for a plain text
 */
export function opening(source, content) {
  const line = (content ? wholeText(content) : source).replace(BLANKS, " ").trim();
  if (line.length <= OPENING) return line;
  const blank = line.lastIndexOf(" ", OPENING);
  return `${line.slice(0, blank >= OPENING - LAST_WORD ? blank : OPENING)}…`;
}

/** @param {ContentNode[]} content @returns {string} with blanks between what stands apart */
function wholeText(content) {
  return content
    .map(({ type, text = "", children = [], rows = [] }) => {
      const blank = WITHIN_WORDS.has(type) ? "" : " ";
      const cells = rows.flat().map((cell) => ` ${wholeText(cell)}`);
      return [blank, text, wholeText(children), ...cells, blank].join("");
    })
    .join("");
}

/**
 * Change an element's children into others, keeping those that are alike: the focus stays on a box that is ticked, and a
 * selection in a text that grows.
 * @param {Element} element @param {Node[]} wanted
 */
export function replaceNodes(element, wanted) {
  wanted.forEach((node, index) => {
    const now = element.childNodes[index];
    if (!now) element.append(node);
    else if (!now.isEqualNode(node)) renew(now, node);
  });
  while (element.childNodes.length > wanted.length) element.lastChild?.remove();
}

/** @param {ChildNode} now @param {Node} node */
function renew(now, node) {
  if (now instanceof Text && node instanceof Text) {
    if (node.data.startsWith(now.data)) now.appendData(node.data.slice(now.length));
    else now.data = node.data;
    return;
  }
  if (!(now instanceof Element && node instanceof Element && now.tagName === node.tagName)) {
    now.replaceWith(node);
    return;
  }
  for (const { name, value } of [...node.attributes]) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  for (const { name } of [...now.attributes]) {
    if (!node.hasAttribute(name)) now.removeAttribute(name);
  }
  replaceNodes(now, [...node.childNodes]);
}
