/**
 * The palette: a field, and below it what matches: boards, rooms, people, notes and actions. A combobox with a list box.
 * source   https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */
import { keyOf } from "../lib/keyboard.js";
import { element, PaletteList } from "./palette_list.js";
import { actions, everything, matching, notes, places } from "./palette_options.js";

/** @typedef {import("./palette_options.js").Option} Option */

const TYPING_MS = 120; // of silence before the notes are searched
const QUERY_MAX = 200; // characters, as the API takes them
const STEPS = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });

/** @type {Palette|null} */ let palette = null;

/** Open the palette, or close it. */
export async function toggle() {
  await styled;
  palette ??= new Palette();
  palette.toggle();
}

const styled = new Promise((resolve, reject) => {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = String(new URL("../../css/shell/palette.css", import.meta.url));
  sheet.addEventListener("load", resolve);
  sheet.addEventListener("error", reject);
  document.head.append(sheet);
});

class Palette {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (element("dialog", "palette sheet floating"));
    this.field = /** @type {HTMLInputElement} */ (element("input", "palette-field"));
    this.status = element("p", "palette-status visually-hidden");
    const list = element("div", "palette-list");
    this.list = new PaletteList(this.field, list);
    /** @type {Option[]} */ this.places = [];
    /** @type {Option[]} */ this.notes = [];
    this.loading = new AbortController();
    this.searching = new AbortController();

    this.dialog.id = "palette";
    this.dialog.ariaLabel = "Go to, do or find";
    Object.assign(list, { id: "palette-list", role: "listbox", ariaLabel: "Results" });
    Object.assign(this.field, { role: "combobox", ariaLabel: "Board, room, person, note or action", dir: "auto" });
    Object.assign(this.field, { placeholder: "Go to, do or find", autocomplete: "off", maxLength: QUERY_MAX });
    Object.assign(this.field, {
      ariaAutoComplete: "list",
      ariaExpanded: "true",
      enterKeyHint: "go",
      spellcheck: false,
    });
    this.field.setAttribute("aria-controls", list.id);
    this.status.role = "status";
    this.dialog.append(this.field, list, this.status);
    document.body.append(this.dialog);

    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("keydown", (event) => this.press(event));
    list.addEventListener("click", ({ target }) => this.choose(this.list.optionAt(target)));
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.stop());
  }

  toggle() {
    if (this.dialog.open) this.dialog.close();
    else if (!document.querySelector("dialog:modal")) this.open();
  }

  open() {
    this.field.value = "";
    this.dialog.showModal();
    this.search();
    this.load();
  }

  /** Boards, rooms and people as they are now; until then as they were. */
  async load() {
    this.loading = new AbortController();
    const found = await places(this.loading.signal);
    if (!this.dialog.open) return;
    this.places = found;
    this.show();
  }

  /** What matches at once, and the notes as soon as the server has found them. */
  async search() {
    const { query } = this;
    this.searching.abort();
    this.searching = new AbortController();
    const { signal } = this.searching;
    this.list.reset();
    this.notes = [];
    this.show();
    if (!query) return;
    await new Promise((resolve) => setTimeout(resolve, TYPING_MS));
    if (signal.aborted) return;
    const found = await notes(query, signal).catch(() => []);
    if (signal.aborted) return;
    this.notes = found;
    this.show();
  }

  show() {
    const { query } = this;
    const [done, there] = [matching(actions(), query), [...matching(this.places, query), ...this.notes]];
    const options = [...(query ? [...there, ...done] : [...done, ...there]), everything(query)];
    this.list.show(options, query);
    const count = options.length - 1;
    this.status.textContent = count === 1 ? "1 result" : `${count || "No"} results`;
  }

  get query() {
    return this.field.value.trim();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const key = keyOf(event); // none while an input method has it
    if (key in STEPS) this.list.move(STEPS[key]);
    else if (key === "Enter") this.choose(this.list.current);
    else return;
    event.preventDefault();
  }

  /** @param {Option|undefined} option */
  choose(option) {
    if (!option) return;
    this.dialog.close();
    if (option.href) location.assign(option.href);
    else option.run?.();
  }

  stop() {
    this.loading.abort();
    this.searching.abort();
  }
}
