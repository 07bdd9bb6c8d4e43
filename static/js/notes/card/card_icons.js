/**
 * Cards get their icons when they come near the window. Chromium visits every `<svg>` of the page in every frame, to animate it, even those
 * in cards that it skips: a dozen in each of thousands of cards are milliseconds of each frame. All icons are decoration beside a label.
 */

/** @type {SVGElement[]} of a card, in order */ let icons = [];

/** Leave only the places of the icons of a card. @param {HTMLElement} card the blank one */
export function withoutIcons(card) {
  icons = [...card.querySelectorAll("svg")];
  icons.forEach((icon, index) => {
    const place = document.createElement("i");
    place.className = "icon-place";
    place.dataset.icon = String(index);
    icon.replaceWith(place);
  });
  return card;
}

/** @param {HTMLElement} element the list */
export function start(element) {
  const controller = new AbortController();
  /** @param {BoardEvents["notes:near"]} event */
  const onNear = ({ detail: { came } }) => came.forEach(addIcons);
  element.addEventListener("notes:near", onNear, { signal: controller.signal });
  return () => controller.abort();
}

/** @param {HTMLElement} card */
function addIcons(card) {
  /** @type {NodeListOf<HTMLElement>} */ const places = card.querySelectorAll(".icon-place:empty");
  // Not in place of it: to take something out of a card that is drawn costs ten times as much.
  for (const place of places) place.append(icons[Number(place.dataset.icon)].cloneNode(true));
}
