/** Makes the feed check its connection when a person comes to the page, or is active while the connection is lost. */

/** @param {import("../feed/shared_feed.js").SharedFeed} feed */
export function start(feed) {
  const controller = new AbortController();
  const options = { signal: controller.signal, capture: true, passive: true };
  const come = () => !document.hidden && feed.look();
  const act = () => feed.state !== "live" && feed.look();

  addEventListener("focus", come, options);
  document.addEventListener("visibilitychange", come, options);
  for (const kind of ["keydown", "pointerdown", "wheel"]) addEventListener(kind, act, options);
  return () => controller.abort();
}
