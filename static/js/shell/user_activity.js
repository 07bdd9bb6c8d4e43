/** Makes the feed check its connection when a person comes to the page, or is active while the connection is lost. */

/** @param {import("../feed/shared_feed.js").SharedFeed} feed */
export function start(feed) {
  const controller = new AbortController();
  const options = { signal: controller.signal, capture: true, passive: true };
  const returned = () => !document.hidden && feed.checkConnection();
  const acted = () => feed.state !== "live" && feed.checkConnection();

  addEventListener("focus", returned, options);
  document.addEventListener("visibilitychange", returned, options);
  for (const kind of ["keydown", "pointerdown", "wheel"]) addEventListener(kind, acted, options);
  return () => controller.abort();
}
