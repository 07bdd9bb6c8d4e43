/** In the shell of every page: the user's oldest unfinished job, and a toast when it has ended. */
import { ask, Problem } from "../lib/api.js";
import { find } from "../lib/elements.js";
import { announce, toast } from "../lib/page_events.js";
import { follow, isMine, UNDER_WAY } from "./job_updates.js";

const ASK_MS = 2_000; // the events of a job without a user reach only pages of its board: others poll

/** @param {HTMLElement} element the mark @param {string[]} topics of this page @param {ExpectingFeed} feed */
export function start(element, topics, feed) {
  const controller = new AbortController();
  const { signal } = controller;
  const link = find(element, "a", HTMLAnchorElement);
  const list = document.querySelector("#jobs"); // of the page that lists them, which shows more
  /** @type {Map<number, Job>} under way */ const jobs = new Map();
  let timer = 0;

  const show = () => {
    clearTimeout(timer);
    const job = [...jobs.values()].sort((one, other) => one.id - other.id)[0];
    element.hidden = !job;
    element.closest(".shell")?.toggleAttribute("data-job", Boolean(job));
    if (!job) return;
    draw(element, link, job);
    if (job.person_id === null && !topics.includes(`board:${job.board_id}`)) timer = setTimeout(check, ASK_MS, job.id);
  };
  /** @param {number} id */
  const check = async (id) => {
    try {
      const { value } = await ask(`/jobs/${id}`, { signal });
      accept(value);
    } catch (caught) {
      if (Problem.of(caught).status === 404) jobs.delete(id);
    }
    if (!signal.aborted) show();
  };
  const { load, accept } = follow(
    feed,
    {
      put(job, live) {
        if (!isMine(job)) return;
        if (UNDER_WAY.includes(job.state)) jobs.set(job.id, job);
        else if (jobs.delete(job.id) && live) report(job);
        show();
      },
      remove(job) {
        jobs.delete(job.id);
        show();
      },
      clear() {
        jobs.clear();
        show();
      },
    },
    signal,
  );
  /** @param {Job} job that has ended */
  const report = ({ file_name, text }) => {
    if (list) announce(`${file_name}: ${text}`);
    else toast(`${file_name}: ${text}`);
  };

  if (!element.hidden) load();
  return () => {
    controller.abort();
    clearTimeout(timer);
  };
}

/** @param {HTMLElement} element @param {HTMLAnchorElement} link @param {Job} job */
function draw(element, link, { id, board_id, file_name, options, done, total }) {
  const doing = options.dry_run ? "Checking" : "Importing";
  link.href = link.href.replace(/\/boards\/\d+\/transfer#.*$/, `/boards/${board_id}/transfer#job-${id}`);
  link.title = `${doing} ${file_name}`;
  find(element, ".job-mark-doing").textContent = doing;
  find(element, ".job-mark-file").textContent = file_name;
  find(element, ".job-mark-percent").textContent = total ? `${Math.floor((100 * done) / total)} %` : "";
  drawBar(find(element, ".bar", HTMLProgressElement), done, total);
}

/** Without a total the progress is unknown. @param {HTMLProgressElement} bar @param {number} done @param {number|null} total */
export function drawBar(bar, done, total) {
  if (!total) return bar.removeAttribute("value");
  bar.max = total;
  bar.value = done;
}
