/** Announces changes to screen readers, politely and in batches: a burst of changes is one sentence. */

const QUIET_MS = 1_200; // a batch ends after this much silence
const KEPT_MS = 10_000; // then the region is emptied, so that it contains no old news
const NAMED = 3; // more news than this are only counted

/** @param {HTMLElement} element the live region */
export function start(element) {
  const controller = new AbortController();
  /** @type {{text: string, news: boolean}[]} */ let queued = [];
  let timer = 0;

  const flush = () => {
    const changes = queued.filter(({ news }) => news).length;
    const texts = changes > NAMED ? [`${changes} changes.`] : [];
    for (const { text, news } of queued) if (!news || changes <= NAMED) texts.push(text);
    queued = [];
    element.textContent = texts.join(" ");
    timer = setTimeout(() => (element.textContent = ""), KEPT_MS);
  };
  /** @param {string} text @param {boolean} news */
  const add = (text, news) => {
    queued.push({ text, news });
    clearTimeout(timer);
    timer = setTimeout(flush, QUIET_MS);
  };
  document.addEventListener("announce", ({ detail }) => add(detail, false), { signal: controller.signal });
  document.addEventListener("announce:news", ({ detail }) => add(detail, true), { signal: controller.signal });
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}
