/** The message composer: it grows, stores its draft, and sends with Enter. */
import { Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { clearErrors, showErrors } from "../lib/field_errors.js";
import { grow, hasKeyboard } from "../lib/growing_field.js";
import { isSending, keyOf } from "../lib/keyboard.js";
import { emit } from "../lib/page_events.js";
import { store, stored } from "../lib/storage.js";

const LONGEST = 4_000; // characters
const WARNED = 200; // characters before the end at which they are counted

/**
 * Dispatches from the form, bubbling: `composer:sent`, `composer:edit-last`.
 * @param {HTMLFormElement} element @param {number} roomId @param {(content: string) => void} post
 */
export function start(element, roomId, post) {
  const controller = new AbortController();
  const { signal } = controller;
  const field = find(element, "[name=content]", HTMLTextAreaElement);
  const left = find(element, ".characters-left");
  /** @type {`draft:room:${number}`} */ const draft = `draft:room:${roomId}`;

  const changed = () => {
    const free = LONGEST - [...field.value].length;
    left.hidden = free > WARNED;
    left.textContent = free < 0 ? `${-free} too many` : `${free} left`;
    left.toggleAttribute("data-over", free < 0);
    element.toggleAttribute("data-empty", !field.value.trim());
    grow(field);
    return free;
  };
  /** @param {string} text */
  const write = (text) => {
    field.value = text;
    changed();
    store(draft, text || null);
  };
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    clearErrors(element);
    if (!field.value.trim()) return field.focus();
    if (changed() < 0) return showErrors(element, tooLong());
    const content = field.value.trimEnd();
    write("");
    field.focus();
    post(content);
    emit(element, "composer:sent");
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (isSending(event)) {
      event.preventDefault();
      element.requestSubmit();
    } else if (keyOf(event) === "ArrowUp" && !field.value && !event.shiftKey) {
      event.preventDefault();
      emit(element, "composer:edit-last");
    } else if (keyOf(event) === "Escape") field.blur();
  };
  const input = () => {
    clearErrors(element);
    changed();
    store(draft, field.value || null);
  };
  /** Restore a message that could not be sent, before the typed text. @param {RoomEvents["composer:take-back"]} event */
  const takeBack = ({ detail }) => {
    write([detail, field.value].filter(Boolean).join("\n"));
    field.focus();
  };

  element.addEventListener("submit", submit, { signal });
  field.addEventListener("keydown", press, { signal });
  field.addEventListener("input", input, { signal });
  find(document, "#main").addEventListener("composer:take-back", takeBack, { signal });
  field.value ||= stored(draft) ?? "";
  changed();
  if (hasKeyboard() && document.activeElement === document.body) field.focus({ preventScroll: true });
  return () => controller.abort();
}

function tooLong() {
  const message = `A message has at most ${LONGEST} characters.`;
  return new Problem(422, { errors: [{ field: "content", message }] });
}
