/** Errors next to their fields, and what belongs to no field below them. */
import { explain } from "./api.js";

/** @param {HTMLFormElement} form @param {import("./api.js").Problem} problem */
export function showErrors(form, problem) {
  clearErrors(form);
  const others = [];
  for (const { field, message } of problem.errors) {
    const input = form.elements.namedItem(field || "title"); // the whole stands beside its first field
    if (!(input instanceof HTMLElement)) {
      others.push(message);
      continue;
    }
    input.setAttribute("aria-invalid", "true");
    reveal(document.getElementById(input.getAttribute("aria-describedby")), message);
  }
  if (!problem.errors.length) others.push(explain(problem));
  if (others.length) reveal(form.querySelector(".form-error"), others.join(" "));
  form.querySelector("[aria-invalid]")?.focus();
}

/** @param {HTMLFormElement} form */
export function clearErrors(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const slot of form.querySelectorAll(".field-error, .form-error")) slot.hidden = true;
}

function reveal(slot, text) {
  slot.textContent = slot.hidden ? text : `${slot.textContent} ${text}`;
  slot.hidden = false;
}
