/** Posts a guest's message by the page's form: a guest has no account for the API. */
import { RepeatKey } from "../lib/client_key.js";
import { emit, toast } from "../lib/page_events.js";

/** @param {HTMLFormElement} form @returns {(content: string) => Promise<void>} */
export function guestPosting(form) {
  const repeatKey = new RepeatKey();
  return async (content) => {
    const body = new URLSearchParams({ content, client_key: repeatKey.for({ content }) });
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") return repeatKey.answered(); // to the page that one is on
    emit(form, "composer:take-back", content);
    toast("Not sent. What you wrote is in the field.");
  };
}
