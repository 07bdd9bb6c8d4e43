/** A form that a script sends: errors appear beside their fields, a success clears it, and the result arrives by the feed. */
import { Problem, send } from "./api.js";
import { RepeatKey } from "./client_key.js";
import { find } from "./elements.js";
import { clearErrors, showErrors } from "./field_errors.js";
import { isSending } from "./keyboard.js";
import { announce, toast } from "./page_events.js";

/**
 * Have `submit` send a form: once at a time, with its errors beside the fields, which are read-only until then.
 * @param {HTMLFormElement} form @param {(HTMLInputElement|HTMLTextAreaElement)[]} fields
 * @param {() => Promise<void>} submit may throw a Problem @param {AbortSignal} signal
 */
export function onSubmit(form, fields, submit, signal) {
  const button = find(form, "[type=submit]");
  /** @param {boolean} busy */
  const setBusy = (busy) => {
    button.ariaDisabled = String(busy);
    for (const field of fields) field.readOnly = busy;
  };
  /** @param {Event} event */
  const onEvent = async (event) => {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    clearErrors(form);
    setBusy(true);
    try {
      await submit();
    } catch (caught) {
      showErrors(form, Problem.of(caught));
    } finally {
      setBusy(false);
    }
  };
  form.addEventListener("submit", onEvent, { signal });
}

/** Say that something is done, whose event shows it on this page. @param {string} done @param {string} eventId @param {ExpectingFeed} feed */
export function reportDone(done, eventId, feed) {
  feed.expectEvent(eventId);
  if (feed.state === "live") announce(done);
  else toast(`${done} It shows here once the connection is back.`);
}

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
  const fields = cleared.map((name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)));

  const submit = async () => {
    const sent = body();
    const { eventId } = await send("POST", path, { ...sent, client_key: repeat.for(sent) });
    repeat.answered();
    for (const field of fields) field.value = "";
    reportDone(done, eventId, feed);
    if (form.contains(document.activeElement)) fields[0].focus();
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (!(event.target instanceof HTMLTextAreaElement) || !isSending(event)) return;
    event.preventDefault();
    form.requestSubmit();
  };
  onSubmit(form, fields, submit, signal);
  form.addEventListener("keydown", press, { signal });
  return () => controller.abort();
}
