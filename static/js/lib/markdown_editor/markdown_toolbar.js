/** The bar of a field with Markdown: one tab stop, whose buttons the arrow keys reach. It leaves the focus in the field. */
import { around } from "../elements.js";
import { keyOf } from "../keyboard.js";
import { toggleBold } from "./inline_commands.js";
import { cycleHeading, toggleList, toggleTasks } from "./line_commands.js";
import { toggleLink } from "./link_commands.js";
import { applyEdit } from "./undoable_edit.js";

/** @typedef {import("./undoable_edit.js").Edit} Edit */

/** @type {Record<string, (text: string, start: number, end: number) => Edit>} by `data-command` */
const COMMANDS = { heading: cycleHeading, bold: toggleBold, link: toggleLink, list: toggleList, tasks: toggleTasks };

/** @param {HTMLElement} bar @param {HTMLTextAreaElement} field */
export function start(bar, field) {
  /** @type {HTMLButtonElement[]} */ const buttons = [...bar.querySelectorAll("button")];
  /** @param {MouseEvent} event */
  const click = (event) => {
    const { command = "" } = around(event, "[data-command]")?.dataset ?? {};
    if (command) applyEdit(field, COMMANDS[command](field.value, field.selectionStart, field.selectionEnd));
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const next = reached(event, buttons, bar);
    if (!next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  };
  bar.addEventListener("mousedown", (event) => event.preventDefault());
  bar.addEventListener("click", click);
  bar.addEventListener("keydown", press);
}

/** The button that a key leads to. @param {KeyboardEvent} event @param {HTMLButtonElement[]} buttons @param {HTMLElement} bar */
function reached(event, buttons, bar) {
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
  const forward = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
  const steps = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: -1 };
  const step = /** @type {Record<string, number|undefined>} */ (steps)[keyOf(event)];
  return step === undefined ? undefined : buttons.at(step % buttons.length);
}
