"""Search terms are highlighted without scripts too, and text never becomes markup."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from quart_notes.domain.text.normalization import searchable, searched_words
from quart_notes.web.search_highlights import MARKED_MAX, marked
from quart_notes.web.templating import rfc3339
from tests.support.servers.server_process import ROOT

TEMPLATES = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True)
TEMPLATES.filters |= {"marked": marked, "rfc3339": rfc3339}
# Markup characters, folded characters, and word characters.
PARTS = ["<b>", "</b>", "<mark>", "<a href=x>", "<!--", "-->", "<", ">", "&amp;", "&lt", "&", '"', "'", "aA", "ﬁ", "ß"]
PARTS += ["É", "e\u0301", "\u0301", "한", "ع\u064b", "🙂", "\n", " "]
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.characters()), max_size=20).map("".join)


class _Shown(HTMLParser):
    """The text that a browser would show, with its marks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag if not attrs else f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.text += data


def _shown(text: str, query: str) -> _Shown:
    macros: Any = TEMPLATES.get_template("macros/marks.html").make_module({"found_words": searched_words(query, 20)})
    return _Shown(str(macros.with_marks(text)))


def _found(text: str, query: str) -> list[str]:
    return [piece.text for piece in marked(text, searched_words(query, 20)) if piece.found]


@given(text=TEXTS, query=TEXTS)
def test_highlighting_adds_marks_and_changes_no_text(text: str, query: str):
    shown = _shown(text, query)

    assert shown.text == text
    assert set(shown.tags) <= {"mark"}
    assert len(shown.tags) == len(_found(text, query))


@given(before=TEXTS, word=st.text(min_size=1, max_size=5), after=TEXTS)
def test_a_matching_word_is_marked(before: str, word: str, after: str):
    words = searched_words(word, 20)
    found = _found(f"{before} {word} {after}", word)

    assert bool(found) == bool(words)
    assert all(any(searched in searchable(piece) for piece in found) for searched in words)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Call Chloe\u0301, chloé and CHLOE", "chloé", ["Chloe\u0301", "chloé", "CHLOE"]),
        ("Straße to the ﬁne ø", "STRASS fi o", ["Straß", "o", "ﬁ", "ø"]),
        ("한국어", "한국", ["한국"]),
        ("shopping", "shop opp", ["shopp"]),  # overlapping ones are merged
        ("aaa", "a", ["aaa"]),  # and adjacent ones
        ("nothing", "else", []),
        ("nothing", " ", []),
    ],
)
def test_highlighting_matches_the_same_words_as_the_search(text: str, query: str, found: list[str]):
    assert _found(text, query) == found


def test_a_very_long_text_is_shown_completely_and_marked_at_its_beginning_only():
    text = f"word {'x' * MARKED_MAX} word"

    assert _found(text, "word") == ["word"]
    assert _shown(text, "word").text == text
