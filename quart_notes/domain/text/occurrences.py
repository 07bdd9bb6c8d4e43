"""Finds the words of a search in a text as it was typed. static/js/lib/search_text.js does the same in the pages."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from quart_notes.domain.text.normalization import searchable

JAMO = range(0x1160, 0x1200)  # of Korean: the letters after the first of a syllable


def occurrences(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Start and end of the words in the text, in characters, in order; adjacent ones are joined.

    words   folded, as by `normalization.searched_words`
    """
    folded, origins = _folded(text)
    joined: list[tuple[int, int]] = []
    matches = (match for word in words for match in re.finditer(re.escape(word), folded))
    for start, end in sorted((origins[match.start()][0], origins[match.end() - 1][1]) for match in matches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and for each of its characters the start and end in the original."""
    folded: list[str] = []
    origins: list[tuple[int, int]] = []
    at = 0
    for letter in text if text.isascii() else _letters(text):
        plain = searchable(letter)
        folded.append(plain)
        origins += [(at, at + len(letter))] * len(plain)
        at += len(letter)
    return "".join(folded), origins


def _letters(text: str) -> Iterator[str]:
    """Each letter with its combining marks; in Korean, a syllable."""
    start = 0
    for at, character in enumerate(text):
        if at and not (unicodedata.category(character)[0] == "M" or ord(character) in JAMO):
            yield text[start:at]
            start = at
    yield text[start:]
