/** Toasts, with an undo action: they stay while the pointer or the focus is inside. */
import { clone, find } from "../lib/elements.js";
import { keyOf } from "../lib/keyboard.js";
import { announce } from "../lib/page_events.js";

const SHOWN_MS = 10_000;
const AT_ONCE = 3;

/** @param {HTMLElement} element */
export function start(element) {
  const controller = new AbortController();
  /** @param {PageEvents["toast"]} event */
  const show = ({ detail: { text, action } }) => {
    element.append(made(text, action));
    if (element.children.length > AT_ONCE) element.querySelector(":scope > :not(:focus-within)")?.remove();
    announce(action ? `${text} ${action.label}: press u.` : text);
  };
  /** The action of the newest toast, for the keyboard. */
  const undo = () => {
    /** @type {HTMLElement|null} */
    const button = element.querySelector(".toast:last-child .toast-action:not([hidden])");
    button?.click();
  };
  document.addEventListener("toast", show, { signal: controller.signal });
  document.addEventListener("toast:undo", undo, { signal: controller.signal });
  return () => controller.abort();
}

/** @param {string} text @param {ToastAction} [action] */
function made(text, action) {
  const toast = clone("toast");
  const button = find(toast, ".toast-action");
  let timer = 0;
  /** @type {EventTarget|null} */ let cameFrom = null;
  const close = () => {
    clearTimeout(timer);
    if (toast.contains(document.activeElement)) goBack(cameFrom);
    toast.remove();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : close()), SHOWN_MS);
  };
  find(toast, ".toast-text").textContent = text;
  button.hidden = !action;
  button.textContent = action?.label ?? "";
  button.addEventListener("click", () => {
    close();
    action?.run();
  });
  toast.addEventListener("focusin", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && toast.contains(relatedTarget))) cameFrom = relatedTarget;
  });
  toast.addEventListener("keydown", (event) => keyOf(event) === "Escape" && close());
  find(toast, ".toast-close").addEventListener("click", close);
  wait();
  return toast;
}

/** @param {EventTarget|null} element where the focus came from */
function goBack(element) {
  if (element instanceof HTMLElement && element.isConnected) element.focus({ preventScroll: true });
  else find(document, "main").focus({ preventScroll: true });
}
