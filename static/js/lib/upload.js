/** Uploads files with progress, which fetch cannot report. */
import { Problem } from "./api.js";
import { emit } from "./page_events.js";

const root = document.documentElement.dataset.root ?? "";

/**
 * @param {string} path below /api @param {FormData} body
 * @param {{onProgress: (sent: number, all: number) => void, signal: AbortSignal}} how onProgress: bytes; all is 0 while it is unknown
 * @returns {Promise<Sent<any>|null>} null when it was stopped; or throws a Problem
 */
export function upload(path, body, { onProgress, signal }) {
  const request = new XMLHttpRequest();
  return new Promise((go, fail) => {
    const answered = () => {
      const value = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300 && value) {
        return go({ value, eventId: request.getResponseHeader("Last-Event-ID") ?? "" });
      }
      const problem = new Problem(request.status, value ?? {});
      if (problem.code === "sign_in_required") emit(document, "signed-out");
      fail(problem);
    };
    request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      onProgress(loaded, lengthComputable ? total : 0);
    request.onload = answered;
    request.onerror = () => fail(new Problem(0));
    request.onabort = () => go(null);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", `${root}/api${path}`);
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page
  }
}
