/** Long texts open in place: the button is there only where something is hidden. */

/** @param {HTMLElement} element the list */
export function start(element) {
  const over = new AbortController();
  let near = new Set();
  let width = 0;

  // All reading first, then all writing: one layout for the whole batch.
  const measure = (cards) => {
    const sizes = cards
      .filter((card) => !("unfolded" in card.dataset) && card.checkVisibility())
      .map((card) => ({
        button: card.querySelector(".more-button"),
        hides: [...card.querySelectorAll(".title, .description")].some(overflows),
      }));
    for (const { button, hides } of sizes) if (button.hidden === hides) button.hidden = !hides;
  };
  const toggle = ({ target }) => {
    const button = target.closest(".more-button");
    if (!button) return;
    const open = button.closest(".note").toggleAttribute("data-unfolded");
    button.ariaExpanded = String(open);
    button.textContent = open ? "Show less" : "Show more";
    if (!open) button.closest(".note").scrollIntoView({ block: "nearest" });
  };
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width !== width) measure([...near]);
    width = contentRect.width;
  });
  const listen = (name, hear) => element.addEventListener(name, hear, { signal: over.signal });

  listen("click", toggle);
  listen("notes:near", ({ detail }) => {
    near = detail.near;
    measure(detail.came);
  });
  resized.observe(element);
  return () => {
    over.abort();
    resized.disconnect();
  };
}

const overflows = (text) => text.scrollHeight > text.clientHeight + 1;
