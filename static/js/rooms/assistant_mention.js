/** Mentions of the assistant: a button, completion of the name, and a hint about the readers of the answer. */
import { find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import { announce } from "../lib/page_events.js";

const NAME = "@assistant";
const BEGUN = /(?<![\w@.-])@\w*$/; // a name that is being typed
const ASKED = /(?<![\p{L}\p{N}_@.-])@assistant(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}_])/iu; // as the server takes it

/** @param {HTMLFormElement} element the composer @returns {() => boolean} calls the assistant */
export function start(element) {
  const field = find(element, "[name=content]", HTMLTextAreaElement);
  const offer = find(element, "#mention-offer");
  const hint = find(element, "#ask-hint");

  /** The part of the name before the caret, or "". */
  const begun = () => {
    const { selectionStart, selectionEnd, value } = field;
    const [found = ""] = (selectionStart === selectionEnd && value.slice(0, selectionStart).match(BEGUN)) || [];
    return found.length < NAME.length && NAME.startsWith(found.toLowerCase()) ? found : "";
  };
  const showOffer = () => {
    const fits = Boolean(begun()) && document.activeElement === field;
    if (fits && offer.hidden) announce(`${NAME}: press Tab to complete.`);
    offer.hidden = !fits;
  };
  const update = () => {
    showOffer();
    hint.hidden = !ASKED.test(field.value);
  };
  /** @param {number} from where in the text the name begins */
  const put = (from) => {
    const to = field.selectionEnd;
    const blank = /^\s/.test(field.value.slice(to)) ? "" : " ";
    field.setRangeText(NAME + blank, from, to, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.focus();
  };
  const complete = () => put(field.selectionStart - begun().length);
  const call = () => {
    if (ASKED.test(field.value)) field.focus();
    else if (begun()) complete();
    else {
      const before = field.value.slice(0, field.selectionStart);
      if (before && !/\s$/.test(before)) field.setRangeText(" ", field.selectionStart, field.selectionEnd, "end");
      put(field.selectionStart);
    }
    return true;
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (offer.hidden) return;
    const key = keyOf(event);
    if (key === "Tab" && !event.shiftKey) complete();
    else if (key === "Escape") offer.hidden = true;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Escape closes this and nothing else
  };

  field.addEventListener("keydown", press, { capture: true });
  field.addEventListener("input", update);
  field.addEventListener("blur", () => (offer.hidden = true));
  element.addEventListener("composer:sent", update);
  // The field keeps the focus, and a phone its keyboard.
  offer.addEventListener("pointerdown", (event) => event.preventDefault());
  offer.addEventListener("click", complete);
  find(element, "#ask-button").addEventListener("click", call);
  update();
  return call;
}
