/** Who views this page: the id of a user; 0 for nobody. */
export const viewer = Number(document.documentElement.dataset.person);
