/** An import in the list, as its job says; the words that go with a state are in the markup. */
import { address, clone, find } from "./elements.js";
import { drawBar } from "./job_mark.js";
import { ago, exact, language } from "./time.js";

const number = new Intl.NumberFormat(language);
const LABELS = { cancel: "Cancel", retry: "Run again", remove: "Put away" };

/** @param {Job} job */
export function rowFor(job) {
  const row = clone("job");
  row.id = `job-${job.id}`;
  row.dataset.id = String(job.id);
  row.toggleAttribute("data-dry-run", job.options.dry_run);
  find(row, ".job-file").textContent = job.file_name;
  find(row, ".bar").ariaLabel = `Progress: ${job.file_name}`;
  find(row, "time", HTMLTimeElement).dateTime = job.created_at;
  const form = find(row, ".job-tools");
  address(form, "action", job.id);
  for (const [name, label] of Object.entries(LABELS)) {
    const button = find(form, `[name=${name}]`);
    if (button.hasAttribute("formaction")) address(button, "formaction", job.id);
    button.ariaLabel = `${label}: ${job.file_name}`;
  }
  for (const more of row.querySelectorAll("details")) more.open = job.options.dry_run;
  tellTime(row);
  return row;
}

/** @param {HTMLElement} row @param {Job} job */
export function fill(row, { version, state, done, total, text, outcome }) {
  row.dataset.version = String(version);
  row.dataset.state = state;
  drawBar(find(row, ".bar", HTMLProgressElement), done, total);
  find(row, ".job-count").textContent = total ? `${number.format(done)} of ${number.format(total)}` : "";
  find(row, ".job-text").textContent = text;
  const { skipped, problems, sample } = outcome;
  find(row, ".job-sample").hidden = !sample.length;
  list(find(row, ".job-titles"), sample, titleFor);
  find(row, ".job-problems").hidden = !skipped;
  find(row, ".job-skipped").textContent = number.format(skipped);
  list(find(row, ".job-reasons"), problems, problemFor);
  find(row, ".job-more").hidden = skipped <= problems.length;
}

/** @param {HTMLElement} row */
export function tellTime(row) {
  const time = find(row, "time", HTMLTimeElement);
  const date = new Date(time.dateTime);
  time.textContent = ago(date);
  time.title = exact.format(date);
}

/**
 * These lists only grow, until a job begins anew.
 * @template Item @param {HTMLElement} element @param {Item[]} items @param {(item: Item) => HTMLElement} make
 */
function list(element, items, make) {
  if (items.length < element.children.length) element.replaceChildren();
  element.append(...items.slice(element.children.length).map(make));
}

/** @param {string} title */
function titleFor(title) {
  const item = clone("job-title");
  item.textContent = title;
  return item;
}

/** @param {{entry: string, reason: string}} problem */
function problemFor({ entry, reason }) {
  const item = clone("job-problem");
  find(item, ".job-entry").textContent = entry;
  find(item, ".job-reason").textContent = reason;
  return item;
}
