/** Tells a card when it comes near the window, so that what needs measuring is done for few cards and in batches. */

const MARGIN = "300px";

/** @param {HTMLElement} element the list. Dispatches `note:near` from the card, not bubbling past the list's listeners' need. */
export function start(element) {
  const over = new AbortController();
  const seen = (entries) => {
    const cards = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    if (cards.length) element.dispatchEvent(new CustomEvent("notes:near", { detail: cards }));
  };
  const observer = new IntersectionObserver(seen, { rootMargin: MARGIN });
  for (const card of element.children) observer.observe(card);
  element.addEventListener(
    "note:changed",
    ({ target }) => {
      observer.unobserve(target); // observing anew reports anew: the text may be longer now
      observer.observe(target);
    },
    { signal: over.signal },
  );
  return () => {
    over.abort();
    observer.disconnect();
  };
}
