/** Sent by `quart-notes dev` only: keeps a page as the code, the templates and the static files are now. */
import { follow } from "./follow.js";
import { hide, show } from "./overlay.js";
import { swap } from "./swap.js";
import { keep, restore } from "./typed.js";

const script = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-state]"));
const root = new URL("..", script.src).pathname.replace(/\/$/, "");
/** @type {State} what this page was made from */
const mine = JSON.parse(script.dataset.state ?? "");
const isTrouble = "trouble" in document.documentElement.dataset;
let leaving = false;

/** @param {State} state of the server now */
function hear(state) {
  if (leaving) return;
  const made = state.run === mine.run && state.pages === mine.pages;
  if (state.trouble && !isTrouble) return show(state.trouble, root);
  if (!made) return reload();
  if (isTrouble) return;
  hide();
  if (state.build && state.build !== mine.build) {
    mine.build = state.build;
    swap(state.build);
  }
}

function reload() {
  leaving = true;
  keep();
  location.reload();
}

restore();
follow(root, hear);
