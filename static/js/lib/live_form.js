/** A form that a script sends: errors appear beside their fields, a success clears it, and the result arrives by the feed. */
import { Problem, send } from "./api.js";
import { RepeatKey } from "./client_key.js";
import { find } from "./elements.js";
import { clearErrors, showErrors } from "./field_errors.js";
import { isSending } from "./keyboard.js";
import { announce, toast } from "./page_events.js";

/**
 * @param {HTMLFormElement} form @param {ExpectingFeed} feed
 * @param {{path: string, body: () => object, cleared: string[], done: string}} how where to, what, the fields that are
 * cleared afterwards, and the text that is announced
 * @returns {() => void} stop
 */
export function start(form, feed, { path, body, cleared, done }) {
  const controller = new AbortController();
  const { signal } = controller;
  const repeat = new RepeatKey();
  const button = find(form, "[type=submit]");
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

  const work = async () => {
    const sent = body();
    const { eventId } = await send("POST", path, { ...sent, client_key: repeat.for(sent) });
    repeat.answered();
    feed.expectEvent(eventId);
    for (const name of cleared) field(name).value = "";
    if (feed.state === "live") announce(done);
    else toast(`${done} It shows here once the connection is back.`);
    if (form.contains(document.activeElement)) field(cleared[0]).focus();
  };
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    clearErrors(form);
    button.ariaDisabled = "true";
    for (const name of cleared) field(name).readOnly = true;
    try {
      await work();
    } catch (caught) {
      showErrors(form, Problem.of(caught));
    } finally {
      button.ariaDisabled = "false";
      for (const name of cleared) field(name).readOnly = false;
    }
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (!(event.target instanceof HTMLTextAreaElement) || !isSending(event)) return;
    event.preventDefault();
    form.requestSubmit();
  };
  form.addEventListener("submit", submit, { signal });
  form.addEventListener("keydown", press, { signal });
  return () => controller.abort();
}
