/** Messages that pass, with a way back: they wait while somebody points at them or is inside. */
import { clone } from "./card.js";
import { announce } from "./messages.js";

const SHOWN_MS = 10_000;
const AT_ONCE = 3;

/** @param {HTMLElement} element */
export function start(element) {
  const over = new AbortController();
  const show = ({ detail: { text, action } }) => {
    const toast = fill(clone("toast"), text, action);
    element.append(toast);
    while (element.children.length > AT_ONCE) element.firstElementChild.remove();
    announce(action ? `${text} ${action.label}: press u.` : text);
  };
  // The newest way back, for the keyboard.
  const undo = () => element.querySelector(".toast:last-child .toast-action:not([hidden])")?.click();
  document.addEventListener("toast", show, { signal: over.signal });
  document.addEventListener("toast:undo", undo, { signal: over.signal });
  return () => over.abort();
}

function fill(toast, text, action) {
  const close = () => {
    clearTimeout(timer);
    if (toast.contains(document.activeElement))
      (cameFrom?.isConnected ? cameFrom : document.querySelector("main")).focus();
    toast.remove();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : close()), SHOWN_MS);
  };
  let timer = 0;
  let cameFrom = null;
  const button = toast.querySelector(".toast-action");
  toast.querySelector(".toast-text").textContent = text;
  button.hidden = !action;
  button.textContent = action?.label ?? "";
  button.addEventListener("click", () => {
    close();
    action.run();
  });
  toast.addEventListener("focusin", ({ relatedTarget }) => {
    if (!toast.contains(relatedTarget)) cameFrom = relatedTarget;
  });
  toast.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  toast.querySelector(".toast-close").addEventListener("click", close);
  wait();
  return toast;
}
