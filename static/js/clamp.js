/** Long texts open in place: the button is there only where something is hidden. */

/** @param {HTMLElement} element the list */
export function start(element) {
  const over = new AbortController();
  const near = new Set();

  // All reading first, then all writing: one layout for the whole batch.
  const measure = (cards) => {
    const sizes = cards
      .filter((card) => !("unfolded" in card.dataset) && card.checkVisibility())
      .map((card) => ({ card, hides: [...card.querySelectorAll(".title, .description")].some(overflows) }));
    for (const { card, hides } of sizes) card.querySelector(".more-button").hidden = !hides;
  };
  const toggle = ({ target }) => {
    const button = target.closest(".more-button");
    if (!button) return;
    const open = button.closest(".note").toggleAttribute("data-unfolded");
    button.ariaExpanded = String(open);
    button.textContent = open ? "Show less" : "Show more";
    if (!open) button.closest(".note").scrollIntoView({ block: "nearest" });
  };
  const listen = (target, name, hear) => target.addEventListener(name, hear, { signal: over.signal });

  const resized = new ResizeObserver(() => measure([...near].filter((card) => card.isConnected)));
  listen(element, "click", toggle);
  listen(element, "notes:near", ({ detail }) => {
    detail.forEach((card) => near.add(card));
    measure(detail);
  });
  resized.observe(element);
  return () => {
    over.abort();
    resized.disconnect();
  };
}

const overflows = (text) => text.scrollHeight > text.clientHeight + 1;
