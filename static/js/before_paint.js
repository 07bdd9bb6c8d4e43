// Runs before the first paint, hence outside the modules: the theme, the mark that scripts run at all, and what is waited for.
(() => {
  const page = document.documentElement;
  page.dataset.script = "";
  const { expects } = document.currentScript?.dataset ?? {};
  if (expects) {
    // Nothing is painted before this element is there; browsers that do not know it paint when they like.
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
    // Storage is switched off: the system's theme it is.
  }
})();
