/** Elements by selector, with their class; an error names a missing one. */

/**
 * The first element in `parent` that the selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} parent @param {string} selector @param {new () => T} [kind] by default HTMLElement
 * @returns {T}
 */
export function find(parent, selector, kind) {
  const found = parent.querySelector(selector);
  if (found instanceof (kind ?? HTMLElement)) return /** @type {T} */ (found);
  throw new TypeError(`The page has no ${selector} where a script needs it.`);
}

/**
 * The element of an event: the nearest one around its target that matches the selector.
 * @template {Element} [T=HTMLElement]
 * @param {Event} event @param {string} selector @param {new () => T} [kind] by default HTMLElement
 * @returns {T|null}
 */
export function around({ target }, selector, kind) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof (kind ?? HTMLElement) ? /** @type {T} */ (found) : null;
}

/** @type {Map<string, Element>} of templates, by id: to copy one is cheaper than to import it again */ const imported =
  new Map();

/**
 * A copy of a template's content.
 * @template {Element} [T=HTMLElement]
 * @param {string} id @param {new () => T} [kind] by default HTMLElement
 */
export function clone(id, kind) {
  let original = imported.get(id);
  if (!original) {
    const { content } = find(document, `#${id}`, HTMLTemplateElement);
    original = find(document.importNode(content, true), "*", kind);
    imported.set(id, original);
  }
  return /** @type {T} */ (original.cloneNode(true));
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
 * Set an attribute of an element that may be a form. Not by the form's own method: each property of a form is first looked for
 * among the names of its fields. For that Chromium makes a list of them, which it visits whenever an id or a name changes anywhere in
 * the document; with one for each card that is a millisecond a card.
 * @param {Element} element @param {string} name @param {string} value
 */
export const attribute = (element, name, value) => Element.prototype.setAttribute.call(element, name, value);

/**
 * Replace the id 0 in an address of the blank object by a real id.
 * @param {Element} element @param {"href"|"action"|"formaction"} name @param {number} id
 */
export function address(element, name, id) {
  const blank = Element.prototype.getAttribute.call(element, name) ?? "";
  attribute(element, name, blank.replace(/\/0(?=[/?#]|$)/, `/${id}`));
}

/** The values of a form's fields, without the key for browsers without scripts. @param {HTMLFormElement} form */
export function valuesOf(form) {
  const { client_key: _, ...values } = Object.fromEntries(new FormData(form));
  return values;
}
