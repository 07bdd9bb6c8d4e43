/** The list in the menu of labels: those that match what is typed, and an option to make what there is not. */
import { clone, find } from "../../lib/elements.js";
import { fold, words } from "../../lib/search_text.js";
import { colourOf, keyOf, labelNames } from "./board_labels.js";

export class LabelOptions {
  /** @type {Set<string>} */ #first = new Set(); // keys of what the note had: these come first

  /** @param {HTMLElement} list @param {HTMLInputElement} field */
  constructor(list, field) {
    this.list = list;
    this.field = field;
  }

  /** @param {string[]} chosen names of the note */
  begin(chosen) {
    this.#first = new Set(chosen.map(keyOf));
    this.list.replaceChildren();
    this.show(chosen);
  }

  /** Show the options for what is typed; the active one stays. @param {string[]} chosen */
  show(chosen) {
    const typed = this.field.value.trim();
    const active = this.active;
    const selected = new Set(chosen.map(keyOf));
    const all = [...new Map([...labelNames(), ...chosen].map((name) => [keyOf(name), name])).values()];
    const found = all.filter((name) => words(typed).every((word) => fold(name).includes(word)));
    const sorted = [...found.filter((name) => this.#isFirst(name)), ...found.filter((name) => !this.#isFirst(name))];
    const options = sorted.map((name) => optionFor(name, selected.has(keyOf(name))));
    const exact = options.find(({ dataset }) => keyOf(dataset.name ?? "") === keyOf(typed));
    if (typed && !all.some((name) => keyOf(name) === keyOf(typed))) options.push(newOption(typed));
    for (const [index, option] of options.entries()) option.id = `label-option-${index}`;
    this.list.replaceChildren(...options);
    this.activate(exact ?? options.find(({ dataset }) => dataset.name === active) ?? options[0] ?? null);
  }

  /** The name of the active option. @returns {string|undefined} */
  get active() {
    return this.#option?.dataset.name;
  }

  /** @param {number} step */
  move(step) {
    const options = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const index = this.#option ? options.indexOf(this.#option) : -1;
    this.activate(options.at((index + step) % options.length) ?? null);
  }

  /** @param {HTMLElement|null} option */
  activate(option) {
    this.#option?.removeAttribute("data-active");
    option?.setAttribute("data-active", "");
    option?.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  /** @returns {HTMLElement|null} */
  get #option() {
    return this.list.querySelector("[data-active]");
  }

  /** @param {string} name */
  #isFirst(name) {
    return this.#first.has(keyOf(name));
  }
}

/** @param {string} name @param {boolean} selected */
function optionFor(name, selected) {
  const option = clone("label-option");
  const pill = find(option, ".label-pill");
  option.dataset.name = name;
  option.ariaSelected = String(selected);
  pill.dataset.colour = colourOf(name);
  pill.textContent = name;
  return option;
}

/** @param {string} name */
function newOption(name) {
  const option = optionFor(name, false);
  option.prepend("Make ");
  return option;
}
