/** Replaces style sheets and images by their new versions, without a reload. */

const ADDRESS = /(\/static\/)-[^/]+\//;
let swapping = Promise.resolve();

/** @param {string} build the new part of static addresses */
export function swap(build) {
  swapping = swapping.then(() => swapAll(build));
}

/** @param {string} build */
async function swapAll(build) {
  /** @param {string} address */
  const current = (address) => address.replace(ADDRESS, `$1-${build}/`);
  const images = /** @type {NodeListOf<HTMLImageElement>} */ (document.querySelectorAll('img[src*="/static/-"]'));
  for (const image of images) image.src = current(image.src);
  for (const link of links('link[rel~="icon"]')) link.href = current(link.href);
  await Promise.all(links('link[rel="stylesheet"]').map((link) => replace(link, current(link.href))));
}

/** @param {string} selector @returns {HTMLLinkElement[]} */
function links(selector) {
  return [.../** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll(selector))].filter(({ href }) =>
    ADDRESS.test(href),
  );
}

/**
 * The old sheet is removed once the new one is loaded, so that the page always has one.
 * @param {HTMLLinkElement} old
 * @param {string} address
 * @returns {Promise<void>}
 */
function replace(old, address) {
  const next = /** @type {HTMLLinkElement} */ (old.cloneNode());
  next.href = address;
  return new Promise((done) => {
    next.onload = () => {
      old.remove();
      done();
    };
    next.onerror = () => {
      next.remove();
      done();
    };
    old.after(next);
  });
}
