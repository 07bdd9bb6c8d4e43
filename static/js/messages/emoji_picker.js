/** The picker of an emoji for a reaction: common ones, and a field for any other. Without it, the link leads to a form. */
import { explain, Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { clearErrors, showErrors } from "../lib/field_errors.js";
import { isPlain, keyOf } from "../lib/keyboard.js";
import { placeAt } from "../lib/popover_place.js";

/**
 * @param {MouseEvent} event on the link @param {HTMLElement} link
 * @param {(emoji: string) => Promise<unknown>} choose throws a Problem, which is shown
 */
export function openPicker(event, link, choose) {
  const picker = find(document, "#emoji-picker");
  if (!isPlain(event) || !("showPopover" in picker)) return;
  event.preventDefault();
  const controller = new AbortController();
  const { signal } = controller;
  const field = find(picker, "[name=emoji]:not(button)", HTMLInputElement);
  const form = /** @type {HTMLFormElement} */ (field.form);
  const emojis = /** @type {HTMLElement[]} */ ([...picker.querySelectorAll(".emoji")]);

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    clearErrors(form);
    const chosen = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    try {
      await choose(chosen || field.value.trim());
      picker.hidePopover(); // the focus returns to the link
    } catch (caught) {
      const problem = Problem.of(caught);
      const errors = problem.errors.length ? problem.errors : [{ field: "emoji", message: explain(problem) }];
      showErrors(form, new Problem(problem.status, { errors }));
    }
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const place = emojis.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() }[keyOf(event)];
    event.stopPropagation(); // no key of the conversation
    if (place < 0 || step === undefined) return;
    event.preventDefault();
    const forward = Math.abs(step) > 1 || getComputedStyle(picker).direction === "ltr" ? 1 : -1;
    emojis[place + step * forward]?.focus();
  };
  const columns = () => getComputedStyle(emojis[0].parentElement ?? picker).gridTemplateColumns.split(" ").length;
  /** @param {Event} event */
  const closing = (event) => event instanceof ToggleEvent && event.newState === "closed" && controller.abort();

  clearErrors(form);
  field.value = "";
  picker.showPopover();
  placeAt(picker, link.getBoundingClientRect());
  emojis[0].focus({ preventScroll: true });
  picker.addEventListener("submit", submit, { signal });
  picker.addEventListener("keydown", press, { signal });
  picker.addEventListener("beforetoggle", closing, { signal });
}
