"""Marks the words of a search in a text, for a template. static/js/lib/search_text.js does the same in the pages."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from quart_notes.domain.text.occurrences import occurrences

MARKED_MAX = 5_000  # characters of a text with marks: 5 ms, and a page has a hundred texts


class Piece(NamedTuple):
    """A part of a text, and whether it matches the search."""

    text: str
    found: bool


def marked(text: str, words: Sequence[str]) -> Iterator[Piece]:
    """The text in pieces, which joined give the text again.

    words   folded, as by domain.text.normalization.searched_words
    """
    done = 0
    for start, end in occurrences(text[:MARKED_MAX], words) if words else ():
        if start > done:
            yield Piece(text[done:start], found=False)
        yield Piece(text[start:end], found=True)
        done = end
    if done < len(text):
        yield Piece(text[done:], found=False)
