/**
 * Completion while typing in a text: a list at the caret for a word that begins with a mark, such as `@` or `#`.
 *
 * Arrows choose, Enter and Tab take the choice, Escape closes the list; so does the pointer. While an input method
 * composes a character, its keys are its own.
 */
import { caretPlace } from "./caret_place.js";
import { keyOf } from "../keyboard.js";
import { announce } from "../page_events.js";

/**
 * @typedef {{name: string, hint?: string, text: string}} Completion text: what is put in place of the word
 * @typedef {(word: string, signal: AbortSignal) => Completion[] | Promise<Completion[]>} Source
 */

const LONGEST = 40; // characters of a word
const BEGUN = /(?:^|[^\p{L}\p{N}\p{M}_.@#/&-])([@#])([^\s@#]*)$/u;
let lists = 0;

/** @param {HTMLTextAreaElement|HTMLInputElement} field @param {Record<string, Source>} sources by mark @returns {() => void} stop */
export function start(field, sources) {
  const controller = new AbortController();
  const { signal } = controller;
  const list = document.createElement("div");
  list.className = "completions floating";
  list.id = `completions-${++lists}`;
  list.role = "listbox";
  list.ariaLabel = "Completions";
  list.popover = "manual";
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  /** @type {Completion[]} */ let offered = [];
  let chosen = 0;
  let asking = new AbortController();

  /** The word before the caret. */
  const begun = () => {
    const { selectionStart, selectionEnd, value } = field;
    const found =
      selectionStart !== null && selectionStart === selectionEnd && BEGUN.exec(value.slice(0, selectionStart));
    const source = found && found[2].length <= LONGEST && sources[found[1]];
    return source ? { source, mark: found[1], word: found[2], from: selectionStart - found[2].length - 1 } : null;
  };
  const close = () => {
    asking.abort();
    offered = [];
    if (list.matches(":popover-open")) list.hidePopover();
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
  };
  /** @param {number} index */
  const choose = (index) => {
    chosen = (index + offered.length) % offered.length;
    [...list.children].forEach((item, at) => {
      item.ariaSelected = String(at === chosen);
      if (at === chosen) item.scrollIntoView({ block: "nearest" });
    });
    field.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  /** @param {Completion[]} found @param {number} from */
  const show = (found, from) => {
    const news = !offered.length;
    offered = found;
    list.replaceChildren(...found.map(({ name, hint }, index) => optionFor(`${list.id}-${index}`, name, hint)));
    if (!list.matches(":popover-open")) list.showPopover();
    caretPlace(field, from, list);
    choose(0);
    if (news) announce(found.length === 1 ? "1 completion" : `${found.length} completions`);
  };
  const look = async () => {
    const wanted = begun();
    if (!wanted || document.activeElement !== field) return close();
    asking.abort();
    asking = new AbortController();
    const { signal: asked } = asking;
    const found = await wanted.source(wanted.word, asked);
    if (asked.aborted || begun()?.from !== wanted.from) return;
    const whole = found.length === 1 && found[0].text.trim() === wanted.mark + wanted.word;
    if (found.length && !whole) show(found, wanted.from);
    else close();
  };
  /** @param {Completion} completion */
  const take = ({ text }) => {
    const word = begun();
    close();
    if (!word) return;
    const end = field.selectionEnd ?? word.from;
    const blank = /^\s/.test(field.value.slice(end)) ? "" : " ";
    field.setRangeText(text + blank, word.from, end, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (!offered.length) return;
    const key = keyOf(event);
    if (key === "ArrowDown") choose(chosen + 1);
    else if (key === "ArrowUp") choose(chosen - 1);
    else if ((key === "Enter" || key === "Tab") && !event.shiftKey) take(offered[chosen]);
    else if (key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Enter sends nothing, and Escape closes this and nothing else
  };

  /** @type {HTMLElement} */ (field).addEventListener("keydown", press, { capture: true, signal });
  field.addEventListener("input", look, { signal });
  field.addEventListener("click", look, { signal });
  field.addEventListener("blur", close, { signal });
  // The field keeps the focus, and a phone its keyboard.
  list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal });
  list.addEventListener("click", ({ target }) => {
    const item = target instanceof Element && target.closest("[role=option]");
    if (item) take(offered[[...list.children].indexOf(item)]);
  });
  return () => {
    close();
    controller.abort();
    list.remove();
  };
}

/** @param {string} id @param {string} name @param {string} [hint] */
function optionFor(id, name, hint = "") {
  const item = document.createElement("div");
  item.id = id;
  item.role = "option";
  item.className = "completion menu-item";
  const names = document.createElement("bdi");
  names.textContent = name;
  const hints = document.createElement("bdi");
  hints.className = "completion-hint soft one-line";
  hints.textContent = hint;
  item.append(names, hints);
  return item;
}
