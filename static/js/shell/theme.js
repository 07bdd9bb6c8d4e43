/**
 * Light, dark, or the system's theme: the choice of the current user, on all their screens, else of this browser. It is set
 * before the first paint, by the server or by before_paint.js.
 */
import { isKey, store, stored } from "../lib/storage.js";
import { prefer } from "./preferences.js";

/** @typedef {StoredValues["theme"]|"system"} Choice */
/** @type {Choice[]} */ const CHOICES = ["system", "light", "dark"];

/** @param {HTMLElement} element the button */
export function start(element) {
  const controller = new AbortController();
  const { signal } = controller;
  const page = document.documentElement;
  /** @type {NodeListOf<HTMLMetaElement>} */ const colors = document.querySelectorAll("meta[name=theme-color]");
  const given = [...colors].map(({ content }) => content);
  let chosen = choiceOf(page.dataset.chosenTheme ?? stored("theme"));
  /** @param {Choice} choice */
  const show = (choice) => {
    if (choice === "system") delete page.dataset.theme;
    else page.dataset.theme = choice;
    for (const [index, meta] of colors.entries()) {
      meta.content = given[choice === "system" ? index : CHOICES.indexOf(choice) - 1];
    }
    chosen = choice;
    element.dataset.themeChoice = choice;
    element.ariaLabel = element.title = `Theme: ${choice}`;
  };
  /** This browser's choice is for pages without a user. @param {Choice} choice */
  const choose = (choice) => {
    store("theme", choice === "system" ? null : choice);
    show(choice);
  };
  const turn = () => {
    choose(CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length]);
    prefer("theme", chosen);
  };
  /** A change in another window of an anonymous browser. @param {StorageEvent} event */
  const changed = ({ key }) => !page.dataset.person && isKey("theme", key) && show(choiceOf(stored("theme")));

  element.addEventListener("click", turn, { signal });
  document.addEventListener("preference", ({ detail }) => detail.key === "theme" && choose(choiceOf(detail.value)), {
    signal,
  });
  addEventListener("storage", changed, { signal });
  show(chosen);
  return () => controller.abort();
}

/** @param {unknown} value @returns {Choice} */
const choiceOf = (value) => CHOICES.find((choice) => choice === value) ?? "system";
