/** Sent by `quart-notes dev` only: keeps a page up to date with the code, the templates and the static files. */
import { follow } from "./follow.js";
import { hide, show } from "./overlay.js";
import { swap } from "./swap.js";
import { restore, save } from "./typed.js";

const script = /** @type {HTMLScriptElement} */ (document.querySelector("script[data-state]"));
const root = new URL("..", script.src).pathname.replace(/\/$/, "");
/** @type {State} the state that this page was made from */
const mine = JSON.parse(script.dataset.state ?? "");
const isErrorPage = "errorPage" in document.documentElement.dataset;
let leaving = false;

/** @param {State} state of the server now */
function compare(state) {
  if (leaving) return;
  if (state.error && !isErrorPage) return show(state.error, root);
  if (state.run !== mine.run || state.pages !== mine.pages) return reload();
  if (isErrorPage) return;
  hide();
  if (state.build && state.build !== mine.build) {
    mine.build = state.build;
    swap(state.build);
  }
}

function reload() {
  leaving = true;
  save();
  location.reload();
}

restore();
follow(root, compare);
