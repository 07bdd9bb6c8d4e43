/** Elements by selector, with their class: what the page's markup promises, or an error that names it. */

/**
 * The first element in `parent` that the selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} parent @param {string} selector @param {new () => T} [kind] HTMLElement unless told
 * @returns {T}
 */
export function find(parent, selector, kind) {
  const found = parent.querySelector(selector);
  if (found instanceof (kind ?? HTMLElement)) return /** @type {T} */ (found);
  throw new TypeError(`The page has no ${selector} where a script needs it.`);
}

/**
 * What an event happened in: the nearest element around its target that the selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {Event} event @param {string} selector @param {new () => T} [kind] HTMLElement unless told
 * @returns {T|null}
 */
export function around({ target }, selector, kind) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof (kind ?? HTMLElement) ? /** @type {T} */ (found) : null;
}

/**
 * A copy of what a template holds.
 * @template {Element} [T=HTMLElement]
 * @param {string} id @param {new () => T} [kind] HTMLElement unless told
 */
export function clone(id, kind) {
  const { content } = find(document, `#${id}`, HTMLTemplateElement);
  return find(document.importNode(content, true), "*", kind);
}

/**
 * Put an element where its `data-id` belongs among its neighbours, which are in the order of theirs.
 * @param {Element} parent @param {HTMLElement} element
 */
export function insertById(parent, element) {
  const neighbours = /** @type {HTMLCollectionOf<HTMLElement>} */ (parent.children);
  /** @param {HTMLElement} neighbour */
  const isAfter = ({ dataset }) => Number(dataset.id) > Number(element.dataset.id);
  const last = neighbours[neighbours.length - 1];
  const next = last && isAfter(last) ? [...neighbours].find(isAfter) : null;
  parent.insertBefore(element, next ?? null);
}

/**
 * Give an address of the blank thing, whose id is 0, the id of a real one.
 * @param {Element} element @param {"href"|"action"|"formaction"} attribute @param {number} id
 */
export function address(element, attribute, id) {
  element.setAttribute(attribute, (element.getAttribute(attribute) ?? "").replace(/\/0(?=\/|$)/, `/${id}`));
}

/** What a form's fields hold, but for the key that it has for browsers without scripts. @param {HTMLFormElement} form */
export function valuesOf(form) {
  const { client_key: _, ...values } = Object.fromEntries(new FormData(form));
  return values;
}
