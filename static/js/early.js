// Runs before the first paint, hence outside the modules: the theme, and the mark that scripts run at all.
(() => {
  const page = document.documentElement;
  page.dataset.script = "";
  if (page.dataset.chosenTheme) return; // the person's own, which the page came with
  try {
    const theme = JSON.parse(localStorage.getItem(`quart-notes:${page.dataset.root}:theme`) ?? "null");
    if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  } catch {
    // Storage is switched off: the system's theme it is.
  }
})();
