/** The composer: one line until it is used, with a stored draft, and errors beside their fields. */
import { scope } from "../boards/current_board.js";
import { RepeatKey } from "../lib/client_key.js";
import { find } from "../lib/elements.js";
import { isSaving, keyOf } from "../lib/keyboard.js";
import { reportDone, onSubmit } from "../lib/live_form.js";
import { toast } from "../lib/page_events.js";
import { store, stored } from "../lib/storage.js";
import { NoteFields } from "./note_fields.js";
import { matchesFilter } from "./note_filter.js";
import { change } from "./note_requests.js";

/** @type {`${typeof scope}draft:new`} */ const DRAFT = `${scope}draft:new`;
/** @type {`${typeof scope}sent:new`} */ const SENT = `${scope}sent:new`;

/** @param {HTMLFormElement} element @param {ExpectingFeed} feed */
export function start(element, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const fields = new NoteFields(element);
  const repeat = new RepeatKey(stored(SENT), (last) => store(SENT, last));
  const button = find(element, "[type=submit]");
  const opener = find(document, "#composer-button"); // on a phone
  const colour = find(element, "[name=colour]", HTMLSelectElement);
  const showColour = () => {
    element.dataset.colour = colour.value;
  };
  /** @param {NoteText} text */
  const write = (text) => {
    fields.text = text;
    element.toggleAttribute("data-open", !fields.isEmpty || element.contains(document.activeElement));
  };
  const keepDraft = () => store(DRAFT, fields.isEmpty ? null : fields.text);
  const submit = async () => {
    const typed = { ...fields.text, ...(colour.value !== "none" && { colour: colour.value }) };
    const { note, eventId } = await change("POST", "", { ...typed, client_key: repeat.for(typed) });
    repeat.answered();
    colour.value = "none";
    showColour();
    store(DRAFT, null);
    write({ title: null, description: null });
    reportDone("Added.", eventId, feed);
    if (!matchesFilter(note)) {
      const run = () => location.assign(`${location.pathname}#note-${note.id}`); // all of the board
      toast("Added. It does not match the filter.", { label: "Show it", run });
    }
    if (element.contains(document.activeElement)) fields.title.focus();
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (isSaving(event)) element.requestSubmit();
    if (keyOf(event) !== "Escape") return;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (fields.isEmpty) element.removeAttribute("data-open");
  };
  // A form that collapses between press and release moves the page, and the click misses: so after the click.
  let pressed = false;
  /** @param {Event} event */
  const leave = ({ type, target }) => {
    pressed = type === "pointerdown" || (pressed && type === "focusin");
    if (pressed || !fields.isEmpty || element.querySelector("[aria-invalid]")) return;
    if (target instanceof Node && (element.contains(target) || opener.contains(target))) return;
    element.removeAttribute("data-open");
  };
  /** @param {Event} event */
  const enter = ({ target }) => target !== button && element.setAttribute("data-open", "");

  const open = () => {
    element.setAttribute("data-open", "");
    fields.title.focus({ preventScroll: true });
  };

  onSubmit(element, [fields.title, fields.description], submit, signal);
  element.addEventListener("keydown", press, { signal });
  element.addEventListener("input", keepDraft, { signal });
  colour.addEventListener("change", showColour, { signal });
  element.addEventListener("focusin", enter, { signal });
  opener.addEventListener("click", open, { signal });
  for (const name of ["pointerdown", "click", "focusin"]) document.addEventListener(name, leave, { signal });
  document.addEventListener(
    "composer:use",
    ({ detail }) => {
      write(detail);
      fields.title.focus();
      keepDraft();
    },
    { signal },
  );
  showColour(); // browsers restore a choice across a reload
  write(fields.isEmpty ? (stored(DRAFT) ?? fields.text) : fields.text);
  return () => controller.abort();
}
