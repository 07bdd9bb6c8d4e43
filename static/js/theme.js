/** Light, dark, or as the system has it. The choice is applied before the first paint by early.js. */
import { keep, kept } from "./storage.js";

const CHOICES = ["system", "light", "dark"];

/** @param {HTMLElement} element the button */
export function start(element) {
  const over = new AbortController();
  const colors = [...document.querySelectorAll("meta[name=theme-color]")];
  const given = colors.map(({ content }) => content);
  const show = (choice) => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    for (const [index, meta] of colors.entries()) {
      meta.content = given[choice === "system" ? index : CHOICES.indexOf(choice) - 1];
    }
    element.dataset.themeChoice = choice;
    element.ariaLabel = element.title = `Theme: ${choice}`;
  };
  const turn = () => {
    const choice = CHOICES[(CHOICES.indexOf(element.dataset.themeChoice) + 1) % CHOICES.length];
    keep("theme", choice === "system" ? null : choice);
    show(choice);
  };
  element.addEventListener("click", turn, { signal: over.signal });
  show(kept("theme") ?? "system");
  return () => over.abort();
}
