/** An import in the list; the texts of each state are in the markup. */
import { address, clone, find } from "../lib/elements.js";
import { language, showMoment, toMilliseconds } from "../lib/time.js";
import { drawBar } from "./job_indicator.js";

const number = new Intl.NumberFormat(language);
const LABELS = { import: "Import what was found in", cancel: "Cancel", retry: "Run again", remove: "Remove from list" };

/** @param {Job} job */
export function rowFor(job) {
  const row = clone("job");
  row.id = `job-${job.id}`;
  row.dataset.id = String(job.id);
  find(row, ".job-file").textContent = job.file_name;
  find(row, ".bar").ariaLabel = `Progress: ${job.file_name}`;
  find(row, "time", HTMLTimeElement).dateTime = toMilliseconds(job.created_at);
  const form = find(row, ".job-tools");
  address(form, "action", job.id);
  for (const [name, label] of Object.entries(LABELS)) {
    const button = find(form, `[name=${name}]`);
    if (button.hasAttribute("formaction")) address(button, "formaction", job.id);
    button.ariaLabel = name === "import" ? `${label} ${job.file_name}` : `${label}: ${job.file_name}`;
  }
  for (const more of row.querySelectorAll("details")) more.open = job.options.dry_run;
  showTime(row);
  return row;
}

/** @param {HTMLElement} row @param {Job} job */
export function fill(row, { version, state, kept, options, done, total, text, outcome }) {
  row.dataset.version = String(version);
  row.dataset.state = state;
  row.toggleAttribute("data-dry-run", options.dry_run);
  row.toggleAttribute("data-kept", kept);
  drawBar(find(row, ".bar", HTMLProgressElement), done, total);
  find(row, ".job-count").textContent = total ? `${number.format(done)} of ${number.format(total)}` : "";
  find(row, ".job-text").textContent = text;
  const { created, skipped, lost, problems, sample } = outcome;
  find(row, "[name=import]").hidden = !created;
  find(row, ".job-import-words").textContent =
    created === 1 ? "Import this note" : `Import these ${number.format(created)}`;
  find(row, ".job-sample").hidden = !sample.length;
  list(find(row, ".job-titles"), sample, titleFor);
  find(row, ".job-losses").hidden = !lost.length;
  find(row, ".job-lost").replaceChildren(...lost.map(lossFor));
  find(row, ".job-problems").hidden = !skipped;
  find(row, ".job-skipped").textContent = number.format(skipped);
  list(find(row, ".job-reasons"), problems, problemFor);
  find(row, ".job-more").hidden = skipped <= problems.length;
}

/** @param {HTMLElement} row */
export const showTime = (row) => showMoment(find(row, "time", HTMLTimeElement));

/**
 * These lists only grow, until a job starts again.
 * @template Item @param {HTMLElement} element @param {Item[]} items @param {(item: Item) => HTMLElement} make
 */
function list(element, items, make) {
  if (items.length < element.children.length) element.replaceChildren();
  element.append(...items.slice(element.children.length).map(make));
}

/** @param {{what: string, example: string, entries: number}} part */
const lossFor = ({ what, example, entries }) =>
  problemFor({ entry: what, reason: `in ${number.format(entries)}: ${example}` });

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
