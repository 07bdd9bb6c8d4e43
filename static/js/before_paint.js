// Runs before the first paint, hence outside the modules: sets the theme and marks that scripts run.
(() => {
  const page = document.documentElement;
  page.dataset.script = "";
  const { expects } = document.currentScript?.dataset ?? {};
  if (expects) {
    // The first paint waits for this element, in browsers that support it.
    const link = document.createElement("link");
    Object.assign(link, { rel: "expect", href: `#${expects}` });
    link.setAttribute("blocking", "render");
    document.head.append(link);
  }
  if (page.dataset.chosenTheme) return; // the person's own, which the page came with
  try {
    const theme = JSON.parse(localStorage.getItem(`quart-notes:${page.dataset.root}:theme`) ?? "null");
    if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  } catch {
    // Storage is switched off: use the system's theme.
  }
})();
