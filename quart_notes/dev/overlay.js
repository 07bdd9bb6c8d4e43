/** Shows an error over a page until it is fixed. The page below stays, with all typed text. */

const host = document.createElement("quart-notes-dev");
const inside = host.attachShadow({ mode: "open" });
const dialog = document.createElement("dialog");

/** @param {ErrorReport} report @param {string} root */
export function show(report, root) {
  if (!host.isConnected) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = `${root}/dev/overlay.css`;
    inside.replaceChildren(sheet, dialog);
    document.body.append(host);
  }
  dialog.setAttribute("aria-label", report.title);
  dialog.replaceChildren(panel(report));
  if (!dialog.open) dialog.showModal();
}

export function hide() {
  dialog.close();
  host.remove();
}

/** @param {ErrorReport} report */
function panel({ title, what, where, lines, line }) {
  const list = element("ol", "lines", "");
  for (const [number, text] of lines) {
    const item = element("li", number === line ? "here" : "", "");
    item.append(element("span", "", String(number)), ` ${text}\n`);
    list.append(item);
  }
  const whole = element("div", "error-panel", "");
  whole.append(
    element("h1", "", title),
    element("p", "what", what),
    element("p", "where", where),
    list,
    element("p", "hint", "Fix it and save: this message then goes away. Escape shows the page."),
  );
  return whole;
}

/** @param {string} tag @param {string} name @param {string} text */
function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}
