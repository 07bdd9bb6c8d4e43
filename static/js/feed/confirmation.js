/** What was saved comes back by the feed, before or after its answer: this waits for it. */

/** What to say when the feed is away: the server has it, this page will show it. */
export const LATE = "Saved. It shows here once the connection is back.";

/** @param {EventTarget} target a card, a message, or their list @param {() => boolean} holds @returns {Promise<void>} */
export function until(target, holds) {
  return new Promise((arrived) => {
    const over = new AbortController();
    const look = () => {
      if (!holds()) return;
      over.abort();
      arrived();
    };
    for (const name of ["note:changed", "editor:closed", "message:changed"]) {
      target.addEventListener(name, look, { signal: over.signal });
    }
    look();
  });
}
