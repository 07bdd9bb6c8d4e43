/** Places a menu at the control that opens it. */

const GAP = 4; // pixels around it, as --space-1

/** Below the control, or above it where there is more room, within the window. @param {HTMLElement} menu @param {DOMRect} control */
export function placeAt(menu, control) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = control.bottom + GAP + height <= innerHeight;
  const top = below ? control.bottom + GAP : Math.max(GAP, control.top - GAP - height);
  const left = Math.min(Math.max(GAP, control.left + control.width / 2 - width / 2), innerWidth - width - GAP);
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
