/** The keys of the board's page for selecting cards; those that act on a card act on the selected ones while there are some. */
import { may } from "../../boards/board_role.js";

/** @typedef {import("../../shell/shortcuts.js").Keys} Keys */

/** @type {Record<string, string>} actions of the bar, by key */
const ACTIONS = { x: "done", p: "pin", l: "labels", c: "colour", Delete: "delete", m: "move" };

/**
 * @param {import("./selection.js").Selection} selection @param {(action: string) => boolean} press a button of the bar
 * @param {Keys} keys for one card @returns {Keys}
 */
export function selectionKeys(selection, press, keys) {
  /** @type {Keys[string]} */
  const select = ({ shiftKey }) => {
    /** @type {HTMLElement|null} */ const card = document.activeElement?.closest(".note") ?? null;
    if (!card || !may("ticker")) return false;
    if (shiftKey) selection.extendTo(card);
    else selection.toggle(card);
    return true;
  };
  /** @type {Keys} */ const acting = {};
  for (const [key, action] of Object.entries(ACTIONS)) {
    acting[key] = (event) => (selection.size ? press(action) : (keys[key]?.(event) ?? false));
  }
  acting.E = (event) => (selection.size ? event.shiftKey && press("archive") : keys.E(event));
  return { ...keys, ...acting, s: select, S: select };
}
