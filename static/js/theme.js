/** Light, dark, or as the system has it. The choice is applied before the first paint by early.js. */
import { keep, kept } from "./storage.js";

/** @typedef {Kept["theme"]|"system"} Choice */
/** @type {Choice[]} */ const CHOICES = ["system", "light", "dark"];

/** @param {HTMLElement} element the button */
export function start(element) {
  const over = new AbortController();
  /** @type {NodeListOf<HTMLMetaElement>} */ const colors = document.querySelectorAll("meta[name=theme-color]");
  /** @type {Choice} */ let chosen = kept("theme") ?? "system";
  const given = [...colors].map(({ content }) => content);
  /** @param {Choice} choice */
  const show = (choice) => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    for (const [index, meta] of colors.entries()) {
      meta.content = given[choice === "system" ? index : CHOICES.indexOf(choice) - 1];
    }
    chosen = choice;
    element.dataset.themeChoice = choice;
    element.ariaLabel = element.title = `Theme: ${choice}`;
  };
  const turn = () => {
    const choice = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
    keep("theme", choice === "system" ? null : choice);
    show(choice);
  };
  element.addEventListener("click", turn, { signal: over.signal });
  show(chosen);
  return () => over.abort();
}
