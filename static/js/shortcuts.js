/** Single keys, never while somebody types; the sheet that lists them; and the switch that turns them off. */
import { nextCard } from "./focus.js";
import { keep, kept } from "./storage.js";

const OFF = "shortcuts-off";

/** @param {HTMLElement} element the page's main @param {HTMLDialogElement} sheet */
export function start(element, sheet) {
  const over = new AbortController();
  const list = element.querySelector("ul.notes");
  const switcher = sheet.querySelector("[role=switch]");
  const current = () => document.activeElement?.closest(".note");
  const on = (selector, act) => () => {
    const target = current()?.querySelector(selector);
    if (target) act(target);
    return Boolean(target);
  };
  const go = (card) => {
    card?.focus();
    card?.scrollIntoView({ block: "nearest" });
    return Boolean(card);
  };
  const step = (direction) => () => go(current() ? nextCard(current(), direction) : first(list));
  const within = (move) => () => Boolean(current()) && move(current());
  const forward = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;

  const keys = {
    n: () => document.querySelector("#add-note-form [name=title]").focus(),
    "/": () => document.querySelector("#search-field").select(),
    j: step(1),
    k: step(-1),
    ArrowRight: within((card) => go(nextCard(card, forward))),
    ArrowLeft: within((card) => go(nextCard(card, -forward))),
    ArrowDown: within((card) => go(beside(card, 1))),
    ArrowUp: within((card) => go(beside(card, -1))),
    e: on(".edit-link", (link) => link.click()),
    x: on(".done-box", (box) => box.click()),
    Delete: on(".delete-button", (button) => button.click()),
    u: () => document.dispatchEvent(new CustomEvent("toast:undo")),
    "?": () => sheet.showModal(),
  };
  const press = (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || sheet.open) return;
    if (key === "Escape" && target.closest(".note")) target.blur();
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") || kept(OFF)) return;
    if (Object.hasOwn(keys, key) && keys[key]() !== false) event.preventDefault();
  };
  const turn = (off) => {
    keep(OFF, off || null);
    switcher.ariaChecked = String(!off);
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  listen(document, "keydown", press);
  listen(document.querySelector("#shortcuts-button"), "click", () => sheet.showModal());
  listen(sheet, "click", ({ target }) => target === sheet && sheet.close());
  listen(switcher, "click", () => turn(!kept(OFF)));
  turn(Boolean(kept(OFF)));
  return () => over.abort();
}

const first = (list) => [...list.children].find((card) => card.checkVisibility());

/** The card in the next or previous row, nearest to the same column. */
function beside(card, direction) {
  const { offsetLeft: left, offsetTop: top } = card;
  let row;
  let best = null;
  for (let next = nextCard(card, direction); next; next = nextCard(next, direction)) {
    if (next.offsetTop === top) continue;
    row ??= next.offsetTop;
    if (next.offsetTop !== row) break;
    const distance = Math.abs(next.offsetLeft - left);
    if (!best || distance < best.distance) best = { card: next, distance };
  }
  return best?.card ?? null;
}
