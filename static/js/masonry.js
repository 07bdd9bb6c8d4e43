/**
 * Lays the cards of a board out in columns. It runs as soon as the list is there, before the first paint, hence outside the
 * modules; notes/layout/board_layout.js calls it again whenever a card comes, goes, moves or changes its height.
 *
 * 1. In the order of the document each card goes to the shortest column, so that none begins above the one before it. 2. A
 * card that was placed before stays in its column, as long as that one is at most SAME_COLUMN_MAX longer. 3. The heights
 * of cards that were never near the window are estimates. 4. No layout is read to place cards, and only the chunks that changed
 * are read at all; the others are placed again only if the columns before them end elsewhere. 5. Chunks
 * (notes/layout/note_chunks.js) are as large as their cards need, the cards have places in them, and only chunks near the window
 * change at once: so a change among thousands costs the layout of few.
 */
const GAP = 12; // pixels between cards
const CARD_WIDTH_MIN = 16.5; // rem
const COLUMNS_MAX = 5;
const SAME_COLUMN_MAX = 24; // pixels: less than a card, so that reading by rows finds the same order
const RULE_SIZE = 48; // pixels of the line above the done notes (static/css/notes/board_layout.css)
const LATE_MS = 1000; // after a change, until cards far away are moved
const CHUNKS_AT_ONCE = 8; // of those, between two frames
const CHUNKS_AHEAD = 2.5; // windows above and below in which chunks are rendered; 1.5 are those in which Chromium renders cards
const NOWHERE = -1e6; // pixels; for a chunk without a card that is shown: to hide it and show it again would style all its cards

/** @typedef {{height: number, isKnown: boolean, isWide: boolean, column: number, left: number, top: number, shownLeft: number, shownTop: number}} Box in pixels; isKnown: the height is none that was estimated; shown: where the document has the card in its chunk, NaN for nowhere yet */
/**
 * In pixels. cards: that are shown; found: how many are not hidden, though they may be folded; starts, ends: of the columns, before and
 * after these cards; shown: where the document has the chunk, NaN for nowhere yet; isShown: the document has it and its cards in their places.
 * @typedef {{element: HTMLElement, isFolded: boolean, cards: HTMLElement[], boxes: Box[], found: number, starts: number[], ends: number[], top: number, end: number, shownTop: number, shownEnd: number, isShown: boolean}} Chunk
 */

class Masonry {
  /** @type {WeakMap<Element, Masonry>} */ static #ofLists = new WeakMap();
  /** @type {WeakMap<HTMLElement, Box>} */ #boxes = new WeakMap();
  /** @type {Map<Element, Chunk>} in order */ #chunks = new Map();
  /** @type {Set<Element|null>} chunks in which something has changed since they were read */ #changed = new Set();
  /** @type {Set<HTMLElement>} chunks that the document does not have as they are yet */ #late = new Set();
  #columns = 0;
  #width = 0;
  #pitch = 0;
  #start = 0; // of the window, in the list
  #timer = 0;
  /** @type {Set<HTMLElement>} cards that the browser may not skip: to skip one and render it again takes it two frames */
  #rendered = new Set();
  /** @type {Set<HTMLElement>} chunks near the window, likewise: the browser renders the cards in a chunk two frames after it */
  #renderedChunks = new Set();

  /** @param {HTMLElement} list with the lists of cards @returns {Masonry} always the same one */
  static of(list) {
    const known = Masonry.#ofLists.get(list) ?? new Masonry(list);
    Masonry.#ofLists.set(list, known);
    return known;
  }

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.frame = /** @type {HTMLElement} */ (list.parentElement);
    this.open = /** @type {HTMLElement} */ (list.firstElementChild); // the list of open notes
    this.done = /** @type {HTMLElement} */ (list.lastElementChild);
    this.rule = /** @type {HTMLElement} */ (this.done.previousElementSibling); // above the done notes
    this.resize();
    this.look();
    for (let tries = 0; tries < 4 && this.#measure(); tries++) this.#arrange();
    this.#move();
  }

  /** The cards that are shown, in order. */
  get cards() {
    return [...this.#chunks.values()].flatMap(({ cards }) => cards);
  }

  /** How many cards are not hidden, though they may be folded. */
  get found() {
    let found = 0;
    for (const chunk of this.#chunks.values()) found += chunk.found;
    return found;
  }

  /** The place of a card that is shown. @param {HTMLElement} card @returns {Readonly<Box>} */
  boxOf(card) {
    return this.#box(card);
  }

  /** The list or the size of letters may have changed. */
  resize() {
    const { paddingInlineStart, direction } = getComputedStyle(this.list);
    const inner = this.list.clientWidth - 2 * Number.parseFloat(paddingInlineStart);
    const least = CARD_WIDTH_MIN * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const columns = Math.min(Math.max(Math.floor((inner + GAP) / (least + GAP)), 1), COLUMNS_MAX);
    const width = Math.floor((inner + GAP) / columns - GAP);
    const pitch = ((inner + GAP) / columns) * (direction === "rtl" ? -1 : 1);
    if (pitch === this.#pitch) return;
    this.#columns = columns;
    this.#width = width;
    this.#pitch = pitch;
    this.frame.style.setProperty("--column-size", `${width}px`);
    this.list.dataset.columns = String(columns);
    for (const { boxes } of this.#chunks.values())
      for (const box of boxes) Object.assign(box, { isKnown: false, column: -1 });
    this.#placeAll();
  }

  /** The window has moved. */
  look() {
    this.#start = -this.list.getBoundingClientRect().top; // first, while no style has changed, so that it costs no layout
    for (const card of this.#rendered) card.style.contentVisibility = "";
    this.#rendered.clear();
    for (const chunk of this.#late) if (this.#isChunkNear(chunk)) this.#settle(chunk);
    this.#renderChunks();
  }

  /** A card has come, or has another place in the order: it goes where the next one was. @param {HTMLElement} card */
  moved(card) {
    const next = card.nextElementSibling ?? card.parentElement?.nextElementSibling?.firstElementChild;
    const { column = -1 } = (next instanceof HTMLElement && this.#boxes.get(next)) || {};
    this.#box(card).column = column;
    this.touch(card.parentElement);
  }

  /** Cards have come into a chunk, have left it, or are shown or hidden. @param {Element|null} chunk */
  touch(chunk) {
    this.#changed.add(chunk);
  }

  /** The text of a card far away has changed. @param {HTMLElement} card */
  changed(card) {
    Object.assign(this.#box(card), { isKnown: false, height: estimate(card, this.#width) });
    this.touch(card.parentElement);
  }

  /** A card has this height on the page. @param {HTMLElement} card @param {number} height @returns {boolean} whether it had another */
  drawn(card, height) {
    if (!height) return false; // it is hidden
    const box = this.#box(card);
    const before = box.height;
    Object.assign(box, { isKnown: true, height: Math.ceil(height - 0.05) });
    if (box.height === before) return false;
    this.touch(card.parentElement);
    return true;
  }

  /** Place each card in the shortest column, wherever it was. */
  placeAnew() {
    for (const chunk of this.#chunks.values()) {
      for (const box of chunk.boxes) box.column = -1;
      chunk.ends = []; // to be placed, though nothing before it ends elsewhere
    }
    this.place();
  }

  #placeAll() {
    for (const element of this.#chunks.keys()) this.touch(element);
    this.place();
  }

  /** Place the cards that have changed, and those after them. */
  place() {
    this.#arrange();
    this.#move();
  }

  /** Place them; when cards above the window have another height, the page scrolls along. */
  placeInView() {
    const isInView = (/** @type {{top: number, height: number}} */ { top, height }) => top + height > this.#start;
    const chunk = this.#start > 0 ? [...this.#chunks.values()].find(({ end }) => end > this.#start) : undefined;
    const anchor = chunk?.boxes.find(isInView);
    const before = anchor?.top ?? 0;
    this.place();
    const by = (anchor?.top ?? 0) - before;
    if (by) scrollBy({ top: by, behavior: "instant" });
  }

  /** Whether a card is so near that it may be seen soon. @param {HTMLElement} card */
  isNear(card) {
    return this.#reaches(this.#box(card).top, this.#endOf(card), 1);
  }

  /** Move a card to its place now, with its chunk. @param {HTMLElement} card */
  settle(card) {
    const chunk = card.parentElement;
    if (chunk && this.#late.has(chunk)) this.#settle(chunk);
  }

  /** Leave the places of cards to the style, as on paper. */
  release() {
    for (const chunk of this.#chunks.values()) {
      for (const card of chunk.cards) card.style.transform = "";
      for (const box of chunk.boxes) Object.assign(box, { shownLeft: Number.NaN, shownTop: Number.NaN });
      Object.assign(chunk, { shownTop: Number.NaN, shownEnd: Number.NaN, isShown: false });
    }
  }

  /** Find the place of each card, and the size of each chunk. */
  #arrange() {
    /** @type {number[]} where the next card begins */ const ends = new Array(this.#columns).fill(0);
    const isSplit = !this.list.dataset.filter?.includes("done=true");
    const isFolded = isSplit && this.list.hasAttribute("data-fold");
    const open = [...this.open.children].map((element) => this.#read(element, false));
    const done = [...this.done.children].map((element) => this.#read(element, isFolded));
    this.#changed.clear();
    this.#chunks = new Map([...open, ...done].map((chunk) => [chunk.element, chunk]));
    for (const chunk of open) this.#placeChunk(chunk, ends);
    const rule = isSplit && done.some(({ found }) => found) ? Math.max(...ends) : -1;
    if (rule >= 0) ends.fill(rule + RULE_SIZE + GAP);
    for (const chunk of done) this.#placeChunk(chunk, ends);
    this.frame.style.setProperty("--cards-size", `${Math.max(...ends, GAP) - GAP}px`);
    this.rule.style.setProperty("--rule-start", `${rule}px`);
    this.rule.toggleAttribute("data-placed", rule >= 0);
  }

  /** A chunk as it is known, or as it is now if it has changed. @param {Element} element @param {boolean} isFolded @returns {Chunk} */
  #read(element, isFolded) {
    const known = this.#chunks.get(element);
    if (known?.isFolded === isFolded && !this.#changed.has(element)) return known;
    const { shownTop = Number.NaN, shownEnd = Number.NaN } = known ?? {};
    const all = /** @type {HTMLElement[]} */ ([...element.children]);
    const found = all.filter((card) => !card.hidden);
    const cards = isFolded
      ? found.filter((card) => !card.hasAttribute("data-done") || card.hasAttribute("data-editing"))
      : found;
    const boxes = cards.map((card) => this.#box(card));
    cards.forEach((card, index) => {
      boxes[index].isWide = card.hasAttribute("data-conflict");
    });
    const places = { starts: [], ends: [], top: NOWHERE, end: NOWHERE, shownTop, shownEnd, isShown: false };
    return { element: /** @type {HTMLElement} */ (element), isFolded, cards, boxes, found: found.length, ...places };
  }

  /** @param {Chunk} chunk @param {number[]} ends of the columns, which it moves */
  #placeChunk(chunk, ends) {
    const isAsBefore = chunk.ends.length > 0 && ends.every((end, column) => end === chunk.starts[column]);
    if (!isAsBefore) {
      chunk.starts = [...ends];
      chunk.isShown = false;
      for (const box of chunk.boxes) this.#add(box, ends);
      chunk.ends = [...ends];
      chunk.top = chunk.boxes.reduce((least, { top }) => Math.min(least, top), Number.POSITIVE_INFINITY);
      chunk.end = chunk.boxes.reduce((most, { top, height }) => Math.max(most, top + height), 0);
      if (!chunk.boxes.length) chunk.top = chunk.end = NOWHERE;
    }
    chunk.ends.forEach((end, column) => {
      ends[column] = end;
    });
  }

  /** @param {Box} box @param {number[]} ends */
  #add(box, ends) {
    let shortest = 0;
    for (let column = 1; column < ends.length; column++) if (ends[column] < ends[shortest]) shortest = column;
    const stays = ends[box.column] - ends[shortest] <= SAME_COLUMN_MAX;
    box.column = box.isWide ? 0 : stays ? box.column : shortest;
    box.left = Math.round(box.column * this.#pitch);
    box.top = box.isWide ? Math.max(...ends) : ends[box.column];
    if (box.isWide) ends.fill(box.top + box.height + GAP);
    else ends[box.column] = box.top + box.height + GAP;
  }

  /** Measure the cards in the window, with one layout. @returns {boolean} whether there were any */
  #measure() {
    const cards = this.cards.filter((card) => !this.#box(card).isKnown && this.isNear(card));
    for (const card of cards) {
      card.style.contentVisibility = "visible";
      this.#rendered.add(card);
    }
    this.#renderChunks();
    const heights = cards.map((card) => card.getBoundingClientRect().height);
    cards.forEach((card, index) => {
      this.drawn(card, heights[index]);
    });
    return cards.length > 0;
  }

  /** Render the chunks near the window; in them, the browser skips the cards that are further away than it looks ahead. */
  #renderChunks() {
    for (const element of this.#renderedChunks) {
      if (this.#isChunkNear(element)) continue;
      element.style.contentVisibility = "";
      this.#renderedChunks.delete(element);
    }
    for (const { element } of this.#chunks.values()) {
      if (this.#renderedChunks.has(element) || !this.#isChunkNear(element)) continue;
      element.style.contentVisibility = "visible";
      this.#renderedChunks.add(element);
    }
  }

  /** Move the cards whose places have changed: in the chunks near the window now, in the others when there is time. */
  #move() {
    this.#late.clear();
    for (const chunk of this.#chunks.values()) {
      chunk.isShown ||= this.#isShownWell(chunk);
      if (chunk.isShown) continue;
      const { element, shownTop, shownEnd } = chunk;
      if (this.#isChunkNear(element) || this.#reaches(shownTop, shownEnd, CHUNKS_AHEAD)) this.#settle(element);
      else this.#late.add(element);
    }
    this.#renderChunks();
    clearTimeout(this.#timer);
    if (this.#late.size) this.#timer = setTimeout(() => this.#moveLate(), LATE_MS);
  }

  /** Whether the document has a chunk and its cards in their places. @param {Chunk} chunk */
  #isShownWell({ boxes, top, end, shownTop, shownEnd }) {
    if (top !== shownTop || end !== shownEnd) return false;
    return boxes.every((box) => box.left === box.shownLeft && box.top - top === box.shownTop);
  }

  #moveLate() {
    const go = () => {
      for (const element of [...this.#late].slice(0, CHUNKS_AT_ONCE)) this.#settle(element);
      if (this.#late.size) this.#moveLate();
    };
    if ("requestIdleCallback" in window) requestIdleCallback(go);
    else this.#timer = setTimeout(go, LATE_MS); // Safari
  }

  /** @param {HTMLElement} element a chunk */
  #settle(element) {
    this.#late.delete(element);
    const chunk = this.#chunks.get(element);
    if (!chunk) return;
    const { cards, boxes, top, end } = chunk;
    element.style.transform = `translateY(${top}px)`;
    element.style.blockSize = `${end - top}px`;
    cards.forEach((card, index) => {
      this.#moveOne(card, boxes[index], top);
    });
    Object.assign(chunk, { shownTop: top, shownEnd: end, isShown: true });
  }

  /** @param {HTMLElement} card @param {Box} box @param {number} start of its chunk */
  #moveOne(card, box, start) {
    const top = box.top - start;
    if (box.left === box.shownLeft && top === box.shownTop) return;
    card.style.transform = `translate(${box.left}px, ${top}px)`;
    if (!box.isKnown) card.style.containIntrinsicBlockSize = `auto ${box.height}px`;
    box.shownLeft = box.left;
    box.shownTop = top;
  }

  /** @param {HTMLElement} element */
  #isChunkNear(element) {
    const chunk = this.#chunks.get(element);
    return chunk && this.#reaches(chunk.top, chunk.end, CHUNKS_AHEAD);
  }

  /** Whether something there is near the window, or nowhere yet. @param {number} top @param {number} end @param {number} ahead windows above and below it */
  #reaches(top, end, ahead) {
    return !(top > this.#start + (1 + ahead) * innerHeight || end < this.#start - ahead * innerHeight);
  }

  /** @param {HTMLElement} card */
  #endOf(card) {
    const { top, height } = this.#box(card);
    return top + height;
  }

  /** @param {HTMLElement} card @returns {Box} */
  #box(card) {
    let box = this.#boxes.get(card);
    if (!box) {
      const nowhere = { column: -1, left: 0, top: 0, shownLeft: Number.NaN, shownTop: Number.NaN };
      box = { height: estimate(card, this.#width), isKnown: false, isWide: false, ...nowhere };
      this.#boxes.set(card, box);
    }
    return box;
  }
}

const LINE = 24; // pixels of a line of text
const CHARACTER = 7.5; // pixels of the width of one
const TASK = 32; // pixels of a task

/** About how high a card is, in pixels, without a layout. @param {HTMLElement} card @param {number} width in pixels */
function estimate(card, width) {
  const perLine = Math.max((width - 60) / CHARACTER, 10);
  /** @param {string} text */
  const lines = (text) =>
    text ? text.split("\n").reduce((sum, line) => sum + Math.max(Math.ceil(line.length / perLine), 1), 0) : 0;
  const [title, text] = [".title", ".description"].map((part) => card.querySelector(part)?.textContent ?? "");
  const tasks = card.querySelectorAll(".task").length;
  const body = tasks ? (Math.min(tasks, 10) + 1) * TASK : Math.min(lines(text), 7) * LINE;
  const labels = card.querySelector(".note-labels:not([hidden])") ? 30 : 0;
  return 24 + lines(title) * LINE + body + labels;
}

{
  const list = document.getElementById("notes");
  if (list) Masonry.of(list);
}
