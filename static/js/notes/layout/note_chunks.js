/**
 * The cards of a board: a list of those that are open, then one of those that are done. Each is in chunks of some dozens, which the
 * browser skips as one while they are far from the window: each frame would visit thousands of skipped cards one by one.
 *
 * 1. For a screen reader the chunks of a list are one list. 2. A card with the focus or an editor stays in its chunk while others
 * come and go around it. 3. No chunk is empty, but for the only one of a list.
 */
const CHUNK_SIZE = 50; // cards
const CHUNK_MAX = 100; // cards, before it is split; as many as the server sends (blueprints/pages/notes.py)

/** @type {WeakSet<Element>} that came into another chunk, but not to another place in the order */ const regrouped =
  new WeakSet();

/** Join the chunks of each list for screen readers. @param {Element} element with the lists */
export function joinChunks(element) {
  for (const list of listsIn(element)) {
    list.role = "list";
    for (const chunk of chunksIn(list)) {
      list.ariaLabel ??= chunk.ariaLabel;
      chunk.ariaLabel = null;
      chunk.role = "none";
    }
  }
  for (const card of cardsIn(element)) card.role = "listitem";
}

/** All cards, in order. @param {Element} element with the lists */
export const cardsIn = (element) =>
  listsIn(element).flatMap((list) => chunksIn(list).flatMap((chunk) => childrenOf(chunk)));

/** How many cards there are. @param {Element} element with the lists */
export function countCards(element) {
  let count = 0;
  for (const list of listsIn(element)) for (const chunk of chunksIn(list)) count += chunk.childElementCount;
  return count;
}

/** The card beside another one in the order, shown or not. @param {HTMLElement} card @param {number} step 1 or -1 @returns {HTMLElement|null} */
export function cardBeside(card, step) {
  const side = step > 0 ? "nextElementSibling" : "previousElementSibling";
  const end = step > 0 ? "firstElementChild" : "lastElementChild";
  let beside = card[side];
  let chunk = card.parentElement;
  while (!beside && chunk) {
    /** @type {Element|null|undefined} */ let next = chunk[side];
    for (let list = chunk.parentElement?.[side]; !next && list; list = list[side])
      next = chunksIn(list).at(step > 0 ? 0 : -1);
    chunk = /** @type {HTMLElement|null} */ (next ?? null);
    beside = chunk?.[end] ?? null;
  }
  return /** @type {HTMLElement|null} */ (beside);
}

/**
 * Add a card, or move it, and leave the others where they are.
 * @param {Element} element with the lists @param {HTMLElement} card @param {HTMLElement|null} before the next one, of either list
 * @param {boolean} isDone
 */
export function insertCard(element, card, before, isDone) {
  const former = card.parentElement;
  const list = /** @type {Element} */ (isDone ? element.lastElementChild : element.firstElementChild);
  if (list.contains(card) && cardBeside(card, 1) === before) return; // it is there
  // Not by moveBefore: with the focus inside, it scrolls the window to the card.
  const chunk = chunkFor(list, before);
  card.role = "listitem";
  chunk.insertBefore(card, before?.parentElement === chunk ? before : null);
  if (former) dropEmpty(former);
  split(chunk);
}

/** @param {Element} list @param {HTMLElement|null} before */
function chunkFor(list, before) {
  const chunk = before && list.contains(before) ? before.parentElement : null;
  const previous = chunk ? chunk.previousElementSibling : list.lastElementChild;
  const goesThere =
    (!chunk || chunk.firstElementChild === before) && previous && previous.childElementCount < CHUNK_SIZE;
  if (goesThere) return previous;
  return chunk ?? list.appendChild(newChunk());
}

/** @param {Element} chunk */
function split(chunk) {
  const cards = childrenOf(chunk);
  if (cards.length <= CHUNK_MAX) return;
  const [head, tail] = [cards.slice(0, -CHUNK_SIZE), cards.slice(-CHUNK_SIZE)];
  const moved = [tail, head].find((some) => !some.some(isInUse));
  if (!moved) return; // at the next card
  const made = newChunk();
  if (moved === tail) chunk.after(made);
  else chunk.before(made);
  for (const card of moved) regrouped.add(card);
  made.append(...moved);
}

/** Whether to take a card out of the document would disturb somebody. @param {HTMLElement} card */
const isInUse = (card) => "editing" in card.dataset || card.contains(document.activeElement);

/** Whether a card came into its chunk without a change of its place in the order; only once. @param {Element} card */
export const wasRegrouped = (card) => regrouped.delete(card);

/** @param {HTMLElement} card */
export function removeCard(card) {
  const chunk = card.parentElement;
  card.remove();
  if (chunk) dropEmpty(chunk);
}

/** @param {Element} chunk */
function dropEmpty(chunk) {
  const isOnly = !chunk.previousElementSibling && !chunk.nextElementSibling;
  if (!chunk.firstElementChild && !isOnly) chunk.remove();
}

/** Put all cards in another order. @param {Element} element with the lists @param {HTMLElement[]} open @param {HTMLElement[]} done */
export function reorderCards(element, open, done) {
  const [list, doneList] = listsIn(element);
  list.replaceChildren(...inChunks(open));
  doneList.replaceChildren(...inChunks(done));
}

/** @param {HTMLElement[]} cards @returns {Element[]} */
function inChunks(cards) {
  const chunks = [newChunk()];
  for (let start = 0; start < cards.length; start += CHUNK_SIZE) {
    if (start) chunks.push(newChunk());
    chunks.at(-1)?.append(...cards.slice(start, start + CHUNK_SIZE));
  }
  return chunks;
}

function newChunk() {
  const chunk = document.createElement("ul");
  chunk.className = "notes";
  chunk.role = "none";
  return chunk;
}

/** The open notes first; one list on the page of a note. @param {Element} element */
const listsIn = (element) => childrenOf(element).filter((child) => child.matches(".note-list"));

/** @param {Element} list @returns {HTMLElement[]} none for the button between the lists */
const chunksIn = (list) => childrenOf(list).filter((child) => child.matches(".notes"));

/** @param {Element} element */
const childrenOf = (element) => /** @type {HTMLElement[]} */ ([...element.children]);
