/** Shows an error over a page until it is fixed. The page below stays, with all typed text. */

const host = document.createElement("quart-notes-dev");
const inside = host.attachShadow({ mode: "open" });
const dialog = document.createElement("dialog");

/** @param {Trouble} trouble @param {string} root */
export function show(trouble, root) {
  if (!host.isConnected) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = `${root}/dev/overlay.css`;
    inside.replaceChildren(sheet, dialog);
    document.body.append(host);
  }
  dialog.setAttribute("aria-label", trouble.title);
  const page = new DOMParser().parseFromString(trouble.page, "text/html");
  dialog.replaceChildren(...page.querySelectorAll(".trouble"));
  if (!dialog.open) dialog.showModal();
}

export function hide() {
  dialog.close();
  host.remove();
}
