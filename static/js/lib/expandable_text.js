/** Expands long texts in place: there is a button only where text is hidden. */
import { around, find } from "./elements.js";
import { handOn } from "./focus.js";

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Set<HTMLElement>} */ let near = new Set();
  let width = 0;

  /** First all reads, then all writes: one layout for the whole batch. @param {HTMLElement[]} cards */
  const measure = (cards) => {
    const sizes = cards
      .filter((card) => !("unfolded" in card.dataset) && card.checkVisibility())
      .map((card) => ({
        card,
        button: find(card, ".more-button"),
        hides: [...card.querySelectorAll(".description, .content")].some(overflows),
      }));
    for (const { card, button, hides } of sizes) {
      if (hides) button.hidden = false;
      else if (!button.hidden)
        handOn(
          button,
          () => button.setAttribute("hidden", ""),
          () => card,
        );
    }
  };
  /** @param {Event} event */
  const toggle = (event) => {
    const [button, card] = [around(event, ".more-button"), around(event, ".note")];
    if (!button || !card) return;
    const open = card.toggleAttribute("data-unfolded");
    button.ariaExpanded = String(open);
    button.textContent = open ? "Show less" : "Show more";
    if (!open) card.scrollIntoView({ block: "nearest" });
  };
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width !== width) measure([...near]);
    width = contentRect.width;
  });

  element.addEventListener("click", toggle, { signal });
  element.addEventListener(
    "notes:near",
    ({ detail }) => {
      near = detail.near;
      measure(detail.came);
    },
    { signal },
  );
  resized.observe(element);
  return () => {
    controller.abort();
    resized.disconnect();
  };
}

/** @param {Element} text */
const overflows = (text) => text.scrollHeight > text.clientHeight + 1;
