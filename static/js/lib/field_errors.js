/** Shows errors next to their fields, and general ones below them. */
import { explain } from "./api.js";
import { find } from "./elements.js";

/** @param {HTMLFormElement} form @param {import("./api.js").Problem} problem */
export function showErrors(form, problem) {
  clearErrors(form);
  const others = [];
  for (const { field, message } of problem.errors) {
    const input = form.elements.namedItem(field || "title"); // errors of the whole form are shown at its first field
    if (!(input instanceof HTMLElement)) {
      others.push(message);
      continue;
    }
    input.setAttribute("aria-invalid", "true");
    const [slot] = (input.getAttribute("aria-describedby") ?? "").split(" "); // a hint may follow
    reveal(find(document, `#${slot}`), message);
  }
  if (!problem.errors.length) others.push(explain(problem));
  if (others.length) reveal(find(form, ".form-error"), others.join(" "));
  /** @type {HTMLElement|null} */ const first = form.querySelector("[aria-invalid]");
  first?.focus();
}

/** @param {HTMLFormElement} form */
export function clearErrors(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  /** @type {NodeListOf<HTMLElement>} */ const slots = form.querySelectorAll(".field-error, .form-error");
  for (const slot of slots) slot.hidden = true;
}

/** @param {HTMLElement} slot @param {string} text */
function reveal(slot, text) {
  slot.textContent = slot.hidden ? text : `${slot.textContent} ${text}`;
  slot.hidden = false;
}
