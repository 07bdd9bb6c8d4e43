/** Puts present style sheets and images in the place of former ones, without a reload. */

const ADDRESS = /(\/static\/)-[^/]+\//;
let swapping = Promise.resolve();

/** @param {string} build what static addresses begin with now */
export function swap(build) {
  swapping = swapping.then(() => swapAll(build));
}

/** @param {string} build */
async function swapAll(build) {
  /** @param {string} address */
  const present = (address) => address.replace(ADDRESS, `$1-${build}/`);
  const images = /** @type {NodeListOf<HTMLImageElement>} */ (document.querySelectorAll('img[src*="/static/-"]'));
  for (const image of images) image.src = present(image.src);
  for (const link of links('link[rel~="icon"]')) link.href = present(link.href);
  await Promise.all(links('link[rel="stylesheet"]').map((link) => replace(link, present(link.href))));
}

/** @param {string} selector @returns {HTMLLinkElement[]} */
function links(selector) {
  return [.../** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll(selector))].filter(({ href }) =>
    ADDRESS.test(href),
  );
}

/**
 * The former sheet goes once its successor is there, so that the page is never without.
 * @param {HTMLLinkElement} former
 * @param {string} address
 * @returns {Promise<void>}
 */
function replace(former, address) {
  const next = /** @type {HTMLLinkElement} */ (former.cloneNode());
  next.href = address;
  return new Promise((done) => {
    next.onload = () => {
      former.remove();
      done();
    };
    next.onerror = () => {
      next.remove();
      done();
    };
    former.after(next);
  });
}
