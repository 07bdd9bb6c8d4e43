/** The import form: checks files before they are sent, and shows the progress of the upload. */
import { explain, Problem } from "../lib/api.js";
import { RepeatKey } from "../lib/client_key.js";
import { find } from "../lib/elements.js";
import { clearErrors, showErrors } from "../lib/field_errors.js";
import { announce, emit, toast } from "../lib/page_events.js";
import { language } from "../lib/time.js";
import { upload } from "../lib/upload.js";

const KINDS = /\.(json|csv|tsv|txt|md|markdown|zip)$/i; // of a folder, which may hold anything
const MIB = 1024 * 1024;
const size = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
/** @param {number} bytes */
const mib = (bytes) => `${size.format(bytes / MIB)} MiB`;

/** @param {HTMLFormElement} form @param {ExpectingFeed} feed */
export function start(form, feed) {
  const controller = new AbortController();
  const repeat = new RepeatKey();
  const { signal } = controller;
  const files = find(form, "#import-file", HTMLInputElement);
  const folder = find(form, "#import-folder", HTMLInputElement);
  folder.webkitdirectory = true; // every browser has it, but no standard for markup
  const sending = find(form, "#upload");
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (form.querySelectorAll("[type=submit]"));
  /** @type {AbortController|undefined} while something is being sent */ let under;

  /** The files of a folder that may contain notes. */
  const chosen = () => {
    const of = [...(folder.files ?? [])].filter(({ name }) => KINDS.test(name) && !name.startsWith("."));
    return [...(files.files ?? []), ...of];
  };
  /** @param {File[]} found @returns {string} what is wrong with them, or "" */
  const problemWith = (found) => {
    const none = folder.files?.length ? "This folder has no files that can be imported." : "Choose a file first.";
    const [all, limit] = [found.reduce((sum, file) => sum + file.size, 0), Number(form.dataset.maxBytes)];
    if (!found.length) return none;
    return all > limit ? `That is ${mib(all)}; at most ${mib(limit)} can be sent.` : "";
  };
  /** @param {number} sent @param {number} all */
  const showProgress = (sent, all) => {
    const bar = find(sending, "progress", HTMLProgressElement);
    if (all) bar.value = sent / all;
    else bar.removeAttribute("value");
    find(sending, ".upload-words").textContent = all ? `Sending ${mib(sent)} of ${mib(all)}` : "Sending…";
  };
  /** @param {boolean} busy */
  const setBusy = (busy) => {
    sending.hidden = !busy;
    for (const button of buttons) button.ariaDisabled = String(busy);
  };

  /** @param {File[]} found @param {boolean} dryRun */
  const sendFiles = async (found, dryRun) => {
    under = new AbortController();
    showProgress(0, 0);
    setBusy(true);
    announce("Sending.");
    const wanted = query(form, dryRun);
    const described = found.map((file) => [file.name, file.size, file.lastModified]);
    wanted.set("client_key", repeat.for({ wanted: String(wanted), files: described }));
    try {
      const sent = await upload(`${form.dataset.api}?${wanted}`, body(found), {
        onProgress: showProgress,
        signal: under.signal,
      });
      if (sent) done(sent, dryRun);
      else announce("Stopped. Nothing was sent.");
    } finally {
      if (document.activeElement === find(form, "#upload-stop")) buttons[0]?.focus();
      setBusy(false);
      under = undefined;
    }
  };
  /** @param {Sent<Job>} sent @param {boolean} dryRun */
  const done = ({ value, eventId }, dryRun) => {
    repeat.answered();
    feed.expectEvent(eventId);
    emit(document, "import:sent", value.id);
    if (feed.state !== "live") toast("Sent. The progress appears here once the connection is back.");
    // The result of a dry run can be imported.
    if (!dryRun) files.value = folder.value = "";
  };
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (under) return;
    clearErrors(form);
    const found = chosen();
    const message = problemWith(found);
    try {
      if (message) throw new Problem(422, { detail: message, errors: [{ field: "file", message }] });
      await sendFiles(found, event.submitter?.getAttribute("name") === "dry_run");
    } catch (caught) {
      showErrors(form, beside(Problem.of(caught)));
    }
  };
  /** Leaving the page would cancel the upload. @param {BeforeUnloadEvent} event */
  const leave = (event) => under && event.preventDefault();

  form.addEventListener("submit", submit, { signal });
  form.addEventListener("change", () => clearErrors(form), { signal });
  find(form, "#upload-stop").addEventListener("click", () => under?.abort(), { signal });
  addEventListener("beforeunload", leave, { signal });
  return () => {
    controller.abort();
    under?.abort();
  };
}

/** An upload that is too large is an error of the files, all else of the form. @param {Problem} problem */
function beside(problem) {
  const { status, message, errors } = problem;
  const words = message || explain(problem, "Not sent");
  const whole = { field: status === 413 ? "file" : "", message: words };
  return new Problem(status, { errors: errors.length ? errors : [whole] });
}

/** @param {HTMLFormElement} form @param {boolean} dryRun */
function query(form, dryRun) {
  const wanted = new URLSearchParams(dryRun ? { dry_run: "true" } : {});
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value) wanted.set(name, value);
  return wanted;
}

/** Files of a folder are sent with their path in it, which shows what they are. @param {File[]} found */
function body(found) {
  const parts = new FormData();
  for (const file of found) parts.append("file", file, file.webkitRelativePath || file.name);
  return parts;
}
