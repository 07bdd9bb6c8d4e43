/**
 * Which part of a window is visible above a keyboard on the screen: the custom properties `--visible-start` and
 * `--visible-end`, in pixels from the top of what `position: fixed` refers to; none while all of it is visible. Chromium and Firefox shrink
 * the window for the keyboard, as the pages ask (`interactive-widget`); Safari only covers it, and moves the window under the visible part.
 */

const [START, END] = ["--visible-start", "--visible-end"];

/** @returns {() => void} stop */
export function start() {
  const controller = new AbortController();
  const { signal } = controller;
  const { style } = document.documentElement;
  const view = window.visualViewport;
  const measure = () => {
    if (!view) return;
    const { offsetTop, height } = view;
    // A property of the root is inherited by everything: to set it costs as much as to style the whole page again.
    if (!offsetTop && Math.abs(height - document.documentElement.clientHeight) < 1) {
      for (const name of [START, END]) if (style.getPropertyValue(name)) style.removeProperty(name);
      return;
    }
    style.setProperty(START, `${offsetTop}px`);
    style.setProperty(END, `${offsetTop + height}px`);
  };
  view?.addEventListener("resize", measure, { signal });
  view?.addEventListener("scroll", measure, { signal });
  measure();
  return () => controller.abort();
}
