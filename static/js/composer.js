/** The composer: one line until it is needed, a draft that outlives the page, errors beside their fields. */
import { change } from "./api.js";
import { clearErrors, showErrors } from "./field_errors.js";
import { announce, toast } from "./messages.js";
import { keep, kept } from "./storage.js";

const DRAFT = "draft:new";

/** @param {HTMLFormElement} element @param {any} feed */
export function start(element, feed) {
  const over = new AbortController();
  const { title, description } = element.elements;
  const button = element.querySelector("[type=submit]");
  const typed = () => ({ title: title.value, description: description.value });
  const isEmpty = () => !title.value && !description.value;
  const write = (values) => {
    title.value = values.title;
    description.value = values.description;
    element.toggleAttribute("data-open", !isEmpty() || element.contains(document.activeElement));
  };
  const busy = (is) => {
    title.readOnly = description.readOnly = is;
    button.ariaDisabled = String(is);
  };

  const submit = async (event) => {
    event.preventDefault();
    if (title.readOnly) return;
    clearErrors(element);
    busy(true);
    try {
      const { title, description } = typed();
      const { eventId } = await change("POST", "", { title: title || null, description: description || null });
      feed.expect(eventId);
      keep(DRAFT, null);
      write({ title: "", description: "" });
      if (feed.state === "live") announce("Added.");
      else toast("Added. It shows here once the connection is back.");
      if (element.contains(document.activeElement)) element.elements.title.focus();
    } catch (problem) {
      showErrors(element, problem);
    } finally {
      busy(false);
    }
  };
  const press = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
    if (event.key !== "Escape") return;
    document.activeElement.blur();
    if (isEmpty()) element.removeAttribute("data-open");
  };
  // A form that folds between a press and its release moves the page, and the click misses: so after the click.
  let pressed = false;
  const leave = ({ type, target }) => {
    pressed = type === "pointerdown" || (pressed && type === "focusin");
    if (pressed || element.contains(target) || !isEmpty() || element.querySelector("[aria-invalid]")) return;
    element.removeAttribute("data-open");
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  listen(element, "submit", submit);
  listen(element, "keydown", press);
  listen(element, "input", () => keep(DRAFT, isEmpty() ? null : typed()));
  listen(element, "focusin", ({ target }) => target !== button && element.setAttribute("data-open", ""));
  for (const name of ["pointerdown", "click", "focusin"]) listen(document, name, leave);
  listen(document, "composer:use", ({ detail }) => {
    write(detail);
    title.focus();
    keep(DRAFT, typed());
  });
  write(isEmpty() ? (kept(DRAFT) ?? typed()) : typed());
  return () => over.abort();
}
