/**
 * Which cards are near the window, so that what needs measuring or a clock is done for few cards, and in batches.
 * The browser knows already, since it skips the far ones: thousands of observed cards would cost as much as drawing.
 */

/**
 * Dispatches `notes:near` (detail: {came: cards, near: all that are near}) from the list.
 * @param {HTMLElement} element the list
 */
export function start(element) {
  const over = new AbortController();
  /** @type {Set<Element>} */ const near = new Set();
  let came = new Set();

  const tell = () => {
    const batch = [...came].filter((card) => card.isConnected);
    came = new Set();
    element.dispatchEvent(new CustomEvent("notes:near", { detail: { came: batch, near } }));
  };
  const add = (card) => {
    near.add(card);
    if (!came.size) requestAnimationFrame(tell);
    came.add(card);
  };
  const crossed = ({ target, skipped }) => (skipped ? near.delete(target) : add(target));
  const changed = ({ target }) => near.has(target) && add(target);
  const gone = () => {
    for (const card of near) if (!card.isConnected) near.delete(card);
  };

  for (const card of element.children) {
    if (card.firstElementChild.checkVisibility({ contentVisibilityAuto: true })) add(card);
  }
  const listen = (name, hear) => element.addEventListener(name, hear, { signal: over.signal });
  listen("contentvisibilityautostatechange", crossed);
  listen("note:changed", changed);
  listen("note:gone", gone);
  return () => over.abort();
}
