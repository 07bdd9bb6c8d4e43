/** The list of the palette: its options in groups, one of them active. The focus stays in the field. */
import { occurrences, words } from "../lib/search_text.js";

/** @typedef {import("./palette_options.js").Option} Option */

export class PaletteList {
  /** @param {HTMLInputElement} field @param {HTMLElement} list */
  constructor(field, list) {
    this.field = field;
    this.list = list;
    /** @type {{option: Option, item: HTMLElement}[]} */ this.shown = [];
    this.active = 0;
    this.moved = false;
  }

  /** Show options; the active one stays so if it is there still. @param {Option[]} options @param {string} query */
  show(options, query) {
    const before = this.shown[this.active]?.option;
    const wanted = words(query);
    /** @type {Map<string, HTMLElement>} */ const groups = new Map();
    this.shown = options.map((option, index) => ({ option, item: itemOf(option, index, wanted) }));
    for (const { option, item } of this.shown) {
      const group = groups.get(option.group) ?? groupOf(option.group, groups.size);
      groups.set(option.group, group);
      group.append(item);
    }
    this.list.replaceChildren(...groups.values());
    const same = this.shown.findIndex(({ option }) => option.name === before?.name && option.href === before?.href);
    this.activate(this.moved && same >= 0 ? same : 0);
  }

  /** A new search begins with the first option. */
  reset() {
    this.moved = false;
  }

  /** @param {number} steps down, or up */
  move(steps) {
    this.moved = true;
    const { length } = this.shown;
    this.activate((this.active + steps + length) % length);
  }

  /** @param {number} index */
  activate(index) {
    this.shown[this.active]?.item.removeAttribute("aria-selected");
    this.active = index;
    const item = this.shown[index]?.item;
    if (!item) return;
    item.ariaSelected = "true";
    item.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", item.id);
  }

  /** The option of an element. @param {EventTarget|null} target */
  optionAt(target) {
    return this.shown.find(({ item }) => target instanceof Node && item.contains(target))?.option;
  }

  get current() {
    return this.shown[this.active]?.option;
  }
}

/** @param {string} name @param {number} index */
function groupOf(name, index) {
  const group = element("div", "palette-group");
  const head = element("p", "palette-head soft", name);
  head.id = `palette-group-${index}`;
  group.role = "group";
  group.setAttribute("aria-labelledby", head.id);
  group.append(head);
  return group;
}

/** @param {Option} option @param {number} index @param {string[]} wanted folded words */
function itemOf({ name, hint }, index, wanted) {
  const item = element("div", "palette-option");
  item.id = `palette-option-${index}`;
  item.role = "option";
  const words = element("bdi", "palette-name one-line");
  words.append(...marked(name, wanted));
  item.append(words);
  if (hint) {
    const beside = element("bdi", "palette-hint one-line soft");
    beside.append(...marked(hint, wanted));
    item.append(" ", beside);
  }
  return item;
}

/** A text with the words marked, as nodes. @param {string} text @param {string[]} wanted */
function marked(text, wanted) {
  const nodes = [];
  let done = 0;
  for (const [from, to] of occurrences(text, wanted).sort(([one], [other]) => one - other)) {
    if (from < done) continue;
    nodes.push(text.slice(done, from), element("mark", "", text.slice(from, to)));
    done = to;
  }
  return [...nodes, text.slice(done)];
}

/** @param {string} name @param {string} classes @param {string} [text] */
export function element(name, classes, text = "") {
  const made = document.createElement(name);
  made.className = classes;
  made.textContent = text;
  return made;
}
