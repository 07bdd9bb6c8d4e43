/** Copies the address of a note's page; where that is not possible, the link leads there. */
import { copy } from "../../lib/clipboard.js";
import { around } from "../../lib/elements.js";
import { isPlain } from "../../lib/keyboard.js";
import { toast } from "../../lib/page_events.js";

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  /** @param {MouseEvent} event */
  const click = async (event) => {
    const link = around(event, ".copy-link", HTMLAnchorElement);
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    if (await copy(link.href)) toast("Link copied.");
    else location.assign(link.href);
  };
  element.addEventListener("click", click, { signal: controller.signal });
  return () => controller.abort();
}
