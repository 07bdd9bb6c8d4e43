"""Risky texts, and the comparison of the server's and the script's nodes of formatted text."""

from tests.browser.test_xss import CORPUS

# The nodes of the server's page beside those that the script makes from the API's tree.
DIFFERENCES = """async () => {
  const { formatted, linesOf } = await import("/static/js/lib/content.js");
  const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
  const differences = [];
  let compared = 0;
  for (const note of await (await fetch("/api/notes")).json()) {
    const shown = page.querySelector(`#note-${note.id} .content`);
    if (!shown) continue;
    const made = document.createElement("div");
    const tasks = { lines: linesOf(note.description ?? "") };
    made.append(...(note.content ? formatted(note.content, tasks) : []));
    made.className = "content";
    made.dir = "auto";
    compared++;
    if (!shown.isEqualNode(made)) differences.push([note.description, shown.innerHTML, made.innerHTML]);
  }
  return { compared, differences };
}"""
RISKY = [
    *CORPUS,
    "[a](javascript:window.__xss=1)",
    "[a](JaVaScRiPt:window.__xss=1) [b]( javascript:window.__xss=1) [c](&#106;avascript:window.__xss=1)",
    "[a](data:text/html,<script>window.__xss=1</script>) [b](vbscript:x) [c](java\tscript:window.__xss=1)",
    '![a](http://localhost:9/never.png) ![b](x" onerror="window.__xss=1) ![c](data:image/svg+xml,x)',
    '<javascript:window.__xss=1> <http://a" onclick="window.__xss=1>',
    '[a](http://b "c\\" onclick=\\"window.__xss=1") [d]: javascript:window.__xss=1',
    '- [ ] <img src=x onerror=window.__xss=1>\n- [x] " autofocus onfocus="window.__xss=1',
    "```<script>\nwindow.__xss = 1\n```\n`</code><script>window.__xss = 1</script>`",
    "| <script>window.__xss=1</script> | b |\n|---|---|\n| <img src=x onerror=window.__xss=1> | d |",
]
