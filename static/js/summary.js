/** What stands above the board and in its place: how many notes, done ones folded away, the empty faces. */
import { noteOf } from "./card.js";
import { keep, kept } from "./storage.js";

const FOLDED = "done-folded";

/** @param {HTMLElement} element the page's main @param {HTMLElement} list */
export function start(element, list) {
  const over = new AbortController();
  const find = (id) => element.querySelector(id);
  const [text, foldButton, emptyBoard, emptySearch] = ["#summary", "#fold-button", "#empty-board", "#empty-search"].map(find);
  let query = document.querySelector("#search-field")?.value.trim() ?? "";
  let frame = 0;

  const count = () => {
    const total = list.children.length;
    let [done, found] = [0, 0];
    for (const card of list.children) {
      if (noteOf(card)?.done) done++;
      if (!card.hidden) found++;
    }
    const loading = list.ariaBusy === "true";
    // Until all are here the server knows better how many there are.
    if (query) write(text, `${found} of ${total} notes`);
    else if (!loading) write(text, `${total - done} open, ${done} done`);
    foldButton.hidden = !done;
    emptyBoard.hidden = total > 0 || loading;
    emptySearch.hidden = !query || !total || found > 0 || loading;
    find("#pages")?.toggleAttribute("hidden", !loading);
  };
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(count);
  };
  const fold = (folded) => {
    list.toggleAttribute("data-fold", folded);
    foldButton.ariaExpanded = String(!folded);
    foldButton.querySelector(".label").textContent = folded ? "Show done" : "Hide done";
    keep(FOLDED, folded || null);
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  listen(foldButton, "click", () => fold(!list.hasAttribute("data-fold")));
  listen(list, "note:changed", soon);
  listen(list, "note:gone", soon);
  listen(element, "board:loaded", soon);
  listen(element, "notes:filtered", ({ detail }) => {
    query = detail.query;
    find("#clear-search")?.remove();
    soon();
  });
  fold(Boolean(kept(FOLDED)));
  return () => over.abort();
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
