/** Mentions of the assistant: a button, and a hint about the readers of the answer. Its name is completed as those of people are. */
import { find } from "../lib/elements.js";

const NAME = "@assistant";
const BEGUN = /(?<![\w@.-])@\w*$/; // a name that is being typed
const ASKED = /(?<![\p{L}\p{N}_@.-])@assistant(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}_])/iu; // as the server takes it

/** @param {HTMLFormElement} element the composer @returns {() => boolean} calls the assistant */
export function start(element) {
  const field = find(element, "[name=content]", HTMLTextAreaElement);
  const hint = find(element, "#ask-hint");

  /** The part of the name before the caret, or "". */
  const begun = () => {
    const { selectionStart, selectionEnd, value } = field;
    const [found = ""] = (selectionStart === selectionEnd && value.slice(0, selectionStart).match(BEGUN)) || [];
    return found.length < NAME.length && NAME.startsWith(found.toLowerCase()) ? found : "";
  };
  const update = () => {
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
  const call = () => {
    if (ASKED.test(field.value)) field.focus();
    else if (begun()) put(field.selectionStart - begun().length);
    else {
      const before = field.value.slice(0, field.selectionStart);
      if (before && !/\s$/.test(before)) field.setRangeText(" ", field.selectionStart, field.selectionEnd, "end");
      put(field.selectionStart);
    }
    return true;
  };

  field.addEventListener("input", update);
  element.addEventListener("composer:sent", update);
  find(element, "#ask-button").addEventListener("click", call);
  update();
  return call;
}
