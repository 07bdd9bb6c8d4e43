// Runs before the first paint, hence outside the modules: scrolls to the message that the page was opened at, or to the
// line above the first unread one.
(() => {
  const CONTEXT = 72; // pixels of what was read stay in sight above the line
  const log = document.getElementById("log");
  const marked = log?.querySelector("[data-marked]");
  if (marked) return marked.scrollIntoView({ block: "center" });
  const line = log?.querySelector(".new-line:not([hidden])");
  if (!log || !line) return;
  const above = log.getBoundingClientRect().top + CONTEXT - line.getBoundingClientRect().top;
  if (above > 0) log.scrollTop -= above; // laid out from its end: else it is in sight already
})();
