/** What shows during a drag: a copy of the card at the pointer, a mark where it would go, and the window that scrolls along. */
const EDGE = 72; // pixels from the window's edge where it begins to scroll
const SPEED = 16; // pixels a frame, at the edge

export class DragView {
  /** @type {HTMLElement} */ #copy;
  #mark = document.createElement("div");
  #frame = 0;

  /** @param {HTMLElement} card @param {{x: number, y: number}} at the pointer @param {() => void} onScroll */
  constructor(card, at, onScroll) {
    const box = card.getBoundingClientRect();
    this.card = card;
    this.offset = { x: box.left - at.x, y: box.top - at.y };
    this.at = at;
    this.onScroll = onScroll;
    this.#copy = /** @type {HTMLElement} */ (card.cloneNode(true));
    this.#copy.inert = true;
    this.#copy.classList.add("drag-copy");
    for (const part of [this.#copy, ...this.#copy.querySelectorAll("[id]")]) part.removeAttribute("id");
    this.#copy.style.transform = ""; // the place in its column
    this.#copy.style.inlineSize = `${box.width}px`;
    this.#copy.style.blockSize = `${box.height}px`;
    this.#mark.className = "drop-mark";
    this.#mark.hidden = true;
    document.body.append(this.#copy, this.#mark);
    card.dataset.dragging = "";
    this.moveTo(at);
    this.#frame = requestAnimationFrame(this.#scroll);
  }

  /** @param {{x: number, y: number}} at */
  moveTo(at) {
    this.at = at;
    this.#copy.style.translate = `${at.x + this.offset.x}px ${at.y + this.offset.y}px`;
  }

  /** Mark the place above or below a card; none without one. @param {HTMLElement|null} card @param {boolean} isAbove */
  mark(card, isAbove) {
    this.#mark.hidden = !card;
    if (!card) return;
    const { left, top, width, height } = card.getBoundingClientRect();
    this.#mark.style.translate = `${left}px ${isAbove ? top - GAP / 2 : top + height + GAP / 2}px`;
    this.#mark.style.inlineSize = `${width}px`;
  }

  #scroll = () => {
    this.#frame = requestAnimationFrame(this.#scroll);
    const { y } = this.at;
    const beyond = y < EDGE ? y - EDGE : Math.max(y - (innerHeight - EDGE), 0);
    if (!beyond) return;
    const before = scrollY;
    scrollBy({ top: Math.round((Math.max(Math.min(beyond, EDGE), -EDGE) / EDGE) * SPEED), behavior: "instant" });
    if (scrollY !== before) this.onScroll();
  };

  close() {
    cancelAnimationFrame(this.#frame);
    delete this.card.dataset.dragging;
    this.#copy.remove();
    this.#mark.remove();
  }
}

const GAP = 12; // pixels between cards (static/js/masonry.js)
