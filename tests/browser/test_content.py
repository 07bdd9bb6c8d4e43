"""Formatted text on cards: the server's and the script's nodes are equal, and nothing in them runs or loads."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from playwright.sync_api import Page, expect

from quart_notes.domain.text.markdown import format_text
from tests.browser.board import card_of, create, fresh
from tests.browser.content import DIFFERENCES, RISKY
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import Windows, visit
from tests.domain.test_markdown import CASES, TEXTS
from tests.support.servers.server_process import ServerProcess

TEXTS_A_PAGE = 75


MARKUP = "img, script, iframe, math, svg, style, [onclick], [onerror], [onfocus], [onload], a[href^=javascript]"


@pytest.fixture
def notes(rest: httpx.Client) -> list[dict[str, Any]]:
    """The notes of the board, which is empty at the beginning."""
    for note in rest.get("/api/notes").json():
        rest.delete(f"/api/notes/{note['id']}")
    return []


def _texts(number: int) -> list[str]:
    made: list[str] = []

    @settings(
        max_examples=number,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(TEXTS.filter(lambda text: format_text(text).content is not None))
    def collect(text: str) -> None:
        made.append(text)

    collect()
    return made


def test_server_and_script_make_equal_nodes(
    windows: Windows, rest: httpx.Client, shared_server: ServerProcess, notes: Any
):
    for text in [*CASES, *RISKY, *_texts(TEXTS_A_PAGE - len(CASES) - len(RISKY))]:
        notes.append(create(rest, "a", text))
    window = visit(windows(), shared_server)

    found = window.evaluate(DIFFERENCES)

    assert found["differences"] == []
    assert found["compared"] == TEXTS_A_PAGE
    assert sum(note["content"] is not None for note in notes) > TEXTS_A_PAGE / 2


# Of each note whether its card is visible, and its text.
SHOWN = """ids => ids.map(id => {
  const card = document.querySelector(`#note-${id}`);
  return [card.checkVisibility(), card.querySelector(".description").textContent];
})"""
LINKS = "links => links.map(link => ['href', 'rel', 'target'].map(name => link.getAttribute(name)))"


def test_nothing_in_a_text_runs_or_loads(
    windows: Windows, rest: httpx.Client, shared_server: ServerProcess, notes: Any
):
    window = visit(windows(), shared_server)
    plain = windows(java_script_enabled=False)
    asked: list[str] = []
    for page in (window, plain):
        page.on("request", lambda request: asked.append(request.url))
    for text in RISKY:
        notes.append(create(rest, "a", text))
    expect(card_of(window, notes[-1])).to_be_visible()
    shown = window.evaluate(SHOWN, [note["id"] for note in notes])
    assert shown == [[True, note["description"]] for note in notes]
    plain.goto(f"{shared_server.base}/front/notes")
    visit(window, shared_server)

    for page in (window, plain):
        links = page.locator(".content a").evaluate_all(LINKS)
        assert links
        for href, rel, target in links:
            assert (href or "").startswith(("http://", "https://", "mailto:", "tel:"))
            assert rel == "noopener noreferrer nofollow"
            assert target == "_blank"
        assert page.locator(f".content :is({MARKUP})").count() == 0
    assert window.evaluate("window.__xss") is None
    assert {url for url in asked if not url.startswith(shared_server.base)} == set()


def test_a_text_becomes_formatted_and_plain_again(window: Page, rest: httpx.Client):
    note = create(rest, fresh(), "plain, with **bold**")
    card = card_of(window, note)
    expect(card.locator(".content strong")).to_have_text("bold")
    expect(card.locator(".description")).to_be_hidden()

    rest.patch(f"/api/notes/{note['id']}", json={"description": "plain"})
    expect(card.locator(".description")).to_be_visible()
    expect(card.locator(".content")).to_be_hidden()

    rest.patch(f"/api/notes/{note['id']}", json={"description": "# Head\n\n> quoted"})
    expect(card.locator(".content h3")).to_have_text("Head")
    expect(card.locator(".content blockquote")).to_have_text("quoted")
    expect(card.locator(".description")).to_have_text("# Head\n\n> quoted")


def test_a_search_marks_words_in_formatted_text(windows: Windows, rest: httpx.Client, shared_server: ServerProcess):
    word = fresh("w").replace(" ", "")
    note = create(rest, "a", f"- [ ] one {word} **{word}**\n- two")
    window = visit(windows(), shared_server)
    window.fill("#search-field", word)
    window.wait_for_function("() => CSS.highlights.get('found')?.size === 2")
    plain = windows(java_script_enabled=False)
    plain.goto(f"{shared_server.base}/front/notes?q={word}")
    expect(card_of(plain, note).locator(".content mark")).to_have_text([word, word])
    visit(window, shared_server, f"/front/notes?q={word}")
    window.wait_for_function("() => CSS.highlights.get('found')?.size === 2")
    expect(card_of(window, note).locator(".content mark")).to_have_count(0)


def test_formatted_notes_are_accessible(windows: Windows, rest: httpx.Client, shared_server: ServerProcess, notes: Any):
    texts = [text for text in CASES if "######" not in text]  # who leaves out a level of headings has chosen so
    for text in texts:
        notes.append(create(rest, None, text))
    whole = create(rest, "all of it", "\n\n".join(texts))
    page = visit(windows(), shared_server)
    expect(card_of(page, whole)).to_be_visible()
    assert_accessible(page, "main")
    assert_accessible(visit(page, shared_server, f"/front/notes/{whole['id']}"), "main")
