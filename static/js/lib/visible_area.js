/**
 * Which part of a window is visible above a keyboard on the screen: the custom properties `--visible-start` and
 * `--visible-end`, in pixels from the top of what `position: fixed` refers to. Chromium and Firefox shrink the window for the keyboard, as the pages
 * ask (`interactive-widget`); Safari only covers it, and moves the window under the visible part.
 */

/** @returns {() => void} stop */
export function start() {
  const controller = new AbortController();
  const { signal } = controller;
  const { style } = document.documentElement;
  const view = window.visualViewport;
  const measure = () => {
    if (!view) return;
    style.setProperty("--visible-start", `${view.offsetTop}px`);
    style.setProperty("--visible-end", `${view.offsetTop + view.height}px`);
  };
  view?.addEventListener("resize", measure, { signal });
  view?.addEventListener("scroll", measure, { signal });
  measure();
  return () => controller.abort();
}
