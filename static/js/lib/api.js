/** All requests of this page. */
import { emit } from "./page_events.js";

const root = document.documentElement.dataset.root ?? "";
const PATIENCE_MS = 15_000;
const OFFLINE = { code: "offline", detail: "no connection." };

/** A failed request. `status` 0: no response at all. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{detail?: string, code?: string, errors?: {field: string, message: string}[], note?: Note, message?: Message}} more
   */
  constructor(status, more = {}) {
    super(more.detail ?? "");
    this.status = status;
    this.code = more.code ?? "";
    this.errors = more.errors ?? [];
    this.note = more.note;
    this.current = more.message; // the message as it is now, when somebody changed it first
  }

  /** The caught Problem; any other error is thrown again. @param {unknown} caught */
  static of(caught) {
    if (caught instanceof Problem) return caught;
    throw caught;
  }
}

/**
 * Send a change.
 * @template Value
 * @param {string} method @param {string} path below /api @param {object|string|number} [body] @param {number} [version] for If-Match
 * @param {boolean} [keepalive] send it even if the page is left
 * @returns {Promise<Sent<Value>>} or throws a Problem
 */
export async function send(method, path, body, version, keepalive = false) {
  const headers = new Headers({ Accept: "application/json" });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (version) headers.set("If-Match", `"${version}"`);
  const { value, response } = await ask(path, { method, headers, body: JSON.stringify(body), keepalive });
  return { value, eventId: response.headers.get("Last-Event-ID") ?? "" };
}

/**
 * All objects of a list, a page at a time, by id ascending.
 * @param {string} path below /api @param {AbortSignal} signal @returns {AsyncGenerator<any[]>}
 */
export async function* pages(path, signal) {
  for (let after = 0, more = true; more; ) {
    const query = `${path.includes("?") ? "&" : "?"}limit=1000&after_id=${after}`;
    const { value, response } = await ask(path + query, { signal });
    yield value;
    after = value.at(-1)?.id;
    more = (response.headers.get("Link") ?? "").includes('rel="next"');
  }
}

/**
 * Fetch something, or send it with `options`. Throws a Problem.
 * @param {string} path below /api @param {RequestInit} [options]
 */
export async function ask(path, options = {}) {
  const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(options.signal ? [options.signal] : [])]);
  let response, value;
  const offline = !navigator.onLine; // then the request is not sent
  try {
    response = await fetch(`${root}/api${path}`, { cache: "no-store", ...options, signal });
    value = response.status === 204 ? null : await response.json();
  } catch {
    // No network, a timeout, or a response that is not ours (a proxy's page).
    throw new Problem(response?.status ?? 0, offline ? OFFLINE : {});
  }
  if (!response.ok) {
    const problem = new Problem(response.status, value);
    if (problem.code === "sign_in_required") emit(document, "signed-out");
    throw problem;
  }
  return { value, response };
}

/**
 * The text for a failure. Without a response of the server it is unknown whether the change was made.
 * @param {Problem} problem @param {string} [failed] what has certainly not been done
 */
export function explain(problem, failed = "Not saved") {
  const unknown = !problem.code && (problem.status < 400 || problem.status >= 500);
  if (unknown) return "No answer from the server. You can safely try again.";
  return `${failed}: ${problem.message || "the server reported an error."}`;
}
