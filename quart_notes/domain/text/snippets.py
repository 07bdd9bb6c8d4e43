"""The part of a text around the first word of a search."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from quart_notes.domain.text.normalization import BLANKS, searchable
from quart_notes.domain.text.occurrences import occurrences
from quart_notes.schemas import ContentNode

SNIPPET_LENGTH = 160  # characters, unless the first word found is longer
LEAD = 40  # characters of it before that word, at most
PIECE = 500  # characters that are searched at once
CUT = "…"  # at an end where the text goes on
WITHIN_WORDS = {"a", "code", "del", "em", "mention", "strong", "text"}  # types of nodes that can end within a word


class Snippet(NamedTuple):
    """A part of a text, and where the words are in it: start and end, in characters."""

    text: str
    ranges: list[tuple[int, int]]


def formatted_snippet(text: str, tree: Sequence[ContentNode] | None, words: Sequence[str]) -> Snippet:
    """The same of a text that is Markdown, without its marks where it has the words without them too.

    tree   the text formatted; None: it is plain
    """
    shown = snippet("".join(_texts(tree)), words) if tree else None
    return shown if shown and shown.ranges else snippet(text, words)


def opening(text: str, tree: Sequence[ContentNode] | None) -> str:
    """The beginning of a text that is Markdown, without its marks, on one line.

    tree   the text formatted; None: it is plain
    """
    return snippet("".join(_texts(tree)) if tree else text, ()).text


def _texts(tree: Sequence[ContentNode]) -> Iterator[str]:
    """The texts in a tree, with blanks between those that stand apart."""
    for node in tree:
        blank = "" if node["type"] in WITHIN_WORDS else " "
        yield blank + node.get("text", "")
        yield from _texts(node.get("children", []))
        for cell in chain.from_iterable(node.get("rows", [])):
            yield " "
            yield from _texts(cell)
        yield blank


def snippet(text: str, words: Sequence[str]) -> Snippet:
    """The part of a text around the first of the words, on one line; its beginning without one.

    words   folded, as by `normalization.searched_words`
    """
    line = BLANKS.sub(" ", text).strip()
    first, last = _first(line, words) or (0, 0)
    start = _start(line, first)
    end = _end(line, max(start + SNIPPET_LENGTH, last))
    shown = f"{CUT if start else ''}{line[start:end]}{CUT if end < len(line) else ''}"
    return Snippet(shown, occurrences(shown, words))


def _first(line: str, words: Sequence[str]) -> tuple[int, int] | None:
    """Start and end of the first of the words."""
    start = 0
    while start < len(line):
        # A word has no blank in it, so none is cut here.
        blank = line.find(" ", start + PIECE)
        piece = line[start : blank if blank >= 0 else len(line)]
        folded = searchable(piece)  # in a moment, where the places take a while
        if any(word in folded for word in words) and (found := occurrences(piece, words)):
            return start + found[0][0], start + found[0][1]
        start += len(piece) or 1
    return None


def _start(line: str, first: int) -> int:
    """Where a snippet with a word at `first` begins: at a word, or at a letter of a long one."""
    start = max(0, first - LEAD)
    if start == 0:
        return 0
    blank = line.find(" ", start - 1, first)
    return blank + 1 if blank >= 0 else _letter(line, start, first)


def _end(line: str, end: int) -> int:
    """Where a snippet ends that may be that long."""
    if end >= len(line):
        return len(line)
    blank = line.rfind(" ", end - LEAD, end + 1)
    return blank if blank >= 0 else _letter(line, end, len(line))


def _letter(line: str, at: int, most: int) -> int:
    """The next place that does not part a letter from its marks."""
    while at < most and unicodedata.category(line[at])[0] == "M":
        at += 1
    return at
