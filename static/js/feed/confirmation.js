/** Waits for the event of a saved change, which may arrive before or after the response. */

/** The text while the feed is offline: the server has the change, this page will show it. */
export const SAVED_OFFLINE = "Saved. It shows here once the connection is back.";

/** @param {EventTarget} target a card, a message, or their list @param {() => boolean} holds @returns {Promise<void>} */
export function waitUntil(target, holds) {
  return new Promise((arrived) => {
    const controller = new AbortController();
    const check = () => {
      if (!holds()) return;
      controller.abort();
      arrived();
    };
    for (const name of ["note:changed", "editor:closed", "message:changed"]) {
      target.addEventListener(name, check, { signal: controller.signal });
    }
    check();
  });
}
