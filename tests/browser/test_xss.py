"""Escaping: typed text never runs as code and is shown unchanged."""

from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.board import add, card_of, create, edit, fresh
from tests.browser.windows import visit

CORPUS = [
    "<script>window.__xss = 1</script>",
    "<img src=x onerror='window.__xss = 1'>",
    "<svg onload=window.__xss=1>",
    '"><script>window.__xss = 1</script>',
    "' onmouseover='window.__xss = 1' x='",
    '" autofocus onfocus="window.__xss = 1',
    "</textarea><script>window.__xss = 1</script>",
    "</title></template><img src=x onerror=window.__xss=1>",
    "<iframe srcdoc='<script>parent.__xss = 1</script>'></iframe>",
    "javascript:window.__xss=1",
    "<a href='javascript:window.__xss=1'>link</a>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.__xss=1>",
    "{{ 7 * 7 }} {% for x in y %} ${7*7} <%= 7 %>",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "<!-- <style>body{display:none}</style> -->",
    "]]><script>window.__xss = 1</script>",
    "\u202eevil\u202c <b>bold</b>",
]


NAMES = ["q", "page", "deleted"]


def untouched(page):
    assert page.evaluate("window.__xss") is None
    assert page.locator("li.note :is(script, img, iframe, svg[onload], math, a[href^=javascript])").count() == 0


# The title and the text of each note.
SHOWN = """ids => ids.map(id => {
  const card = document.querySelector(`#note-${id}`);
  return [".title", "span"].map(part => card.querySelector(part).textContent.trim());
})"""


def test_text_is_escaped_in_live_events_and_pages(window, rest, shared_server):
    note = create(rest, fresh())
    notes = [create(rest, text, text) for text in CORPUS]

    for again in (False, True):
        if again:
            visit(window, shared_server)
        expect(card_of(window, notes[-1]).locator("span")).to_have_text(notes[-1]["description"])
        shown = window.evaluate(SHOWN, [one["id"] for one in notes])
        assert shown == [[one["title"], one["description"]] for one in notes]
        untouched(window)
    for text in CORPUS:
        rest.patch(f"/api/notes/{note['id']}", json={"title": text, "description": text})
        expect(card_of(window, note).locator("span")).to_have_text(text)
    untouched(window)


def test_text_is_escaped_in_the_composer_the_editor_the_conflict_and_the_toast(window, rest):
    for text in CORPUS[:2]:
        add(window, text)
        expect(window.locator("#add-note-form [name=title]")).to_have_value("")
        newest = rest.get("/api/notes").json()[-1]
        assert newest["title"] == text
        note = card_of(window, newest)
        editor = edit(window, note)
        editor.locator("[name=description]").fill(text)
        rest.patch(f"/api/notes/{newest['id']}", json={"description": f"{text} theirs"})
        editor.locator(".save-button").click()
        expect(note.locator(".theirs")).to_contain_text(text)
        note.get_by_role("button", name="Keep mine").click()
        expect(note.locator("span")).to_have_text(text)
        note.hover()
        note.locator("button.delete-button").click()
        expect(window.locator(".toast").last).to_contain_text("Deleted")
        expect(note).to_have_count(0)
    untouched(window)


def test_text_in_the_query_is_escaped(windows, shared_server):
    """Queries that scripts read. For every route: tests/blueprints/pages/test_addresses.py."""
    page = windows()
    for text in (" ".join(CORPUS[::2]), " ".join(CORPUS[1::2])):
        page.goto(f"{shared_server.base}/front/notes?" + "&".join(f"{name}={quote(text, safe='')}" for name in NAMES))
        untouched(page)
