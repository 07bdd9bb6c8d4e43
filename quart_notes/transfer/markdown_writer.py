"""Writes lines of styled text as Markdown that shows the same: what would be markup in the text is escaped.

source   https://spec.commonmark.org/0.31.2: 2.4 backslash escapes, 6.2 emphasis, "left-flanking delimiter run"
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from quart_notes.transfer.html_reader import Line, Style, leads_to_itself

ATTEMPTS = 3  # at marks that all parsers understand; then a line is written without
MARK_CHARACTERS = frozenset("\\*_~")
MARKS = {"bold": "**", "italic": "*", "struck": "~~"}
# Blocks begin by these at the beginning of a line, after up to three spaces; the group is escaped.
BLOCK = re.compile(r" {0,3}(?:(#)#{0,5}(?:\s|$)|(>)|([-+*])(?:\s|$)|\d{1,9}([.)])(?:\s|$)|([-=:|])[-=:| \t]*$)")
INDENT = re.compile(r"[ \t]+")
CLOSING_HASHES = re.compile(r"(?:^|\s)(#+)\s*$")
# What is markup in a line; an address is matched so that nothing in it is escaped.
MARKUP = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)"
    r"|`"
    r"|(?<!\s)\*|\*(?=\S)"
    r"|(?<![^\W_])_(?!\s|$)|(?<!\s)(?<!^)_(?![^\W_])"  # not between two letters or two blanks
    r"|~(?=~)|(?<=~)~"
    r"|<(?=[a-zA-Z/!?]|[^\s<>@]+@)"
    r"|&(?=#[0-9]|#[xX][0-9a-fA-F]|[a-zA-Z])"
    r"|\](?=[(\[:])"
)
ADDRESS = re.compile(r"https?://(?:[^\s<>*`\[\]\\~&]|&(?!#?\w+;))+")  # in a text; nothing in it is escaped
BARE = re.compile(rf"{ADDRESS.pattern}|[\w.+-]+@[\w.-]+")  # addresses that are links without marks
UNSAFE = {ord(one): f"%{ord(one):02X}" for one in "()\\"}  # characters that end an address in a link


def markdown_of(lines: Iterable[Line]) -> str:
    """Lines as Markdown, each on a line of its own; a mark that parsers would not understand is left out.

    For example, there is no Markdown for bold and italic letters side by side in one word.
    """
    return "\n".join(map(_source_of, lines))


def escaped(text: str) -> str:
    """A line of text as Markdown that shows it as it is."""
    return _source_of(Line([(text, Style())], 0))


def _source_of(line: Line) -> str:
    text = line.text
    if not text.strip():
        return ""
    spans = list(_spans(text, line.runs))
    for _ in range(ATTEMPTS):
        pieces = _pieces(text, spans, is_heading=bool(line.heading))
        refused = _refused(pieces)
        if not refused:
            break
        spans = [span for span in spans if span not in refused]
    else:
        pieces = _pieces(text, [], is_heading=bool(line.heading))
    source = "".join(piece.text for piece in pieces)
    return f"{'#' * line.heading} {source.strip()}" if line.heading else _unindented(source)


def _unindented(source: str) -> str:
    """A line that does not begin a block of code: blanks of four columns become no-break spaces."""
    indent = INDENT.match(source)
    columns = len(indent[0].expandtabs(4)) if indent else 0
    return source if indent is None or columns < 4 else "\xa0" * columns + source[indent.end() :]


class _Span(NamedTuple):
    """Characters of a line between two marks."""

    start: int
    end: int
    opening: str
    closing: str

    @property
    def is_emphasis(self) -> bool:
        """Whether its marks are characters of emphasis, which count as such only beside certain others."""
        return self.opening == self.closing

    @property
    def is_link(self) -> bool:
        """Whether it leads to an address other than its text."""
        return self.opening == "["


def _spans(text: str, runs: Sequence[tuple[str, Style]]) -> Iterator[_Span]:
    """The spans of a line's styles, each before those in it; none crosses another."""
    starts = [0]
    for run, _ in runs:
        starts.append(starts[-1] + len(run))
    styles = [_without_plain_address(run, style) for run, style in runs]

    def spans(first: int, end: int, fields: tuple[str, ...], around: tuple[int, int]) -> Iterator[_Span]:
        while first < end:
            field, last = _longest(styles, first, end, fields)
            if field is not None:
                start, stop = _trimmed(text, max(starts[first], around[0]), min(starts[last], around[1]))
                if start < stop:
                    yield _Span(start, stop, *_marks(field, styles[first]))
                    inner = tuple(other for other in fields if other != field)
                    yield from spans(first, last, inner, (start, stop))
            first = last

    inside = {at for address in ADDRESS.finditer(text) for at in range(address.start() + 1, address.end())}
    found = spans(0, len(runs), ("href", *MARKS), (0, len(text)))
    return (span for span in found if span.start not in inside and span.end not in inside)


def _marks(field: str, style: Style) -> tuple[str, str]:
    if field == "href":
        return "[", f"]({(style.href or '').translate(UNSAFE)})"
    return MARKS[field], MARKS[field]


def _without_plain_address(text: str, style: Style) -> Style:
    """A style without its address if the text is that address: it is a link without marks."""
    return style._replace(href=None) if leads_to_itself(text, style) and BARE.fullmatch(text) else style


def _longest(styles: Sequence[Style], first: int, end: int, fields: Iterable[str]) -> tuple[str | None, int]:
    """The field whose value is the same for the most runs from `first` on, and the run after them; None: no field."""
    best: tuple[str | None, int] = (None, first + 1)
    for field in fields:
        value = getattr(styles[first], field)
        if value:
            last = next((n for n in range(first + 1, end) if getattr(styles[n], field) != value), end)
            if best[0] is None or last > best[1]:
                best = (field, last)
    return best


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the blanks at its ends, nor punctuation there that has a letter on its other side."""
    start, end = _stripped(text, start, end)
    if start < end and start > 0 and _may_be_punctuation(text[start]) and _may_be_word(text[start - 1]):
        start += 1
    if start < end < len(text) and _may_be_punctuation(text[end - 1]) and _may_be_word(text[end]):
        end -= 1
    return _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


class _Piece(NamedTuple):
    """A piece of Markdown: text, or the opening or closing mark of a span."""

    text: str
    span: _Span | None = None
    opens: bool = False

    @property
    def emphasis(self) -> str | None:
        """The character of a mark of emphasis; None for other pieces."""
        return self.text[0] if self.span is not None and self.span.is_emphasis else None


def _pieces(text: str, spans: Sequence[_Span], *, is_heading: bool) -> list[_Piece]:
    spans = [*spans, *_marked_addresses(text, spans)]
    escaped = _escaped(text, spans, is_heading=is_heading)
    opening = [(span.start, 1, number, span) for number, span in enumerate(spans)]
    closing = [(span.end, 0, -number, span) for number, span in enumerate(spans)]
    pieces: list[_Piece] = []
    at = 0
    for position, opens, _, span in sorted(opening + closing):
        if position > at:
            pieces.append(_Piece(_with_backslashes(text, at, position, escaped)))
            at = position
        pieces.append(_Piece(span.opening if opens else span.closing, span, bool(opens)))
    pieces.append(_Piece(_with_backslashes(text, at, len(text), escaped)))
    return pieces


def _marked_addresses(text: str, spans: Iterable[_Span]) -> Iterator[_Span]:
    """The addresses in a text that something follows without a blank, which would be taken for a part of them."""
    ends = {span.end for span in spans}
    linked = _linked(spans)
    for address in ADDRESS.finditer(text):
        follows = text[address.end() : address.end() + 1]
        if address.start() not in linked and (address.end() in ends or (follows and not follows.isspace())):
            yield _Span(address.start(), address.end(), "<", ">")


def _linked(spans: Iterable[_Span]) -> set[int]:
    return {at for span in spans if span.is_link for at in range(span.start, span.end)}


def _escaped(text: str, spans: Iterable[_Span], *, is_heading: bool) -> set[int]:
    """The positions of characters that need a backslash."""
    found = {markup.start() for markup in MARKUP.finditer(text)}
    block = CLOSING_HASHES.search(text) if is_heading else BLOCK.match(text)
    if block is not None:
        found.add(block.start(block.lastindex or 0))
    for span in spans:  # what touches a mark
        beside = (span.start - 1, span.start, span.end - 1, span.end)
        found.update(at for at in beside if text[at : at + 1] in MARK_CHARACTERS)
        if span.is_link and text[max(span.start - 1, 0) : span.start] == "!":
            found.add(span.start - 1)
    linked = _linked(spans)
    found.update(at for at in linked if text[at] in "[]")
    addresses = {at for address in ADDRESS.finditer(text) for at in range(*address.span())}
    return found - (addresses - linked)


def _with_backslashes(text: str, start: int, end: int, escaped: set[int]) -> str:
    return "".join("\\" + text[at] if at in escaped else text[at] for at in range(start, end))


def _refused(pieces: Sequence[_Piece]) -> set[_Span]:
    """The spans whose marks a parser would take for text, or for marks of other spans."""
    refused: set[_Span] = set()
    before = " "
    around: list[int] = []  # of each open span of emphasis, the length of the run that began it
    runs = [(emphasis, list(run)) for emphasis, run in groupby(pieces, key=lambda piece: piece.emphasis)]
    for number, (emphasis, run) in enumerate(runs):
        if emphasis is not None:
            after = next(
                (piece.text[0] for _, later in runs[number + 1 : number + 3] for piece in later if piece.text), " "
            )
            length = sum(len(piece.text) for piece in run)
            may_close = _may_flank(before, after) and any(_match(length, other) for other in around)
            closes = may_close or any(not piece.opens for piece in run)
            for piece in run:
                flanks = _flanks(after, before) if piece.opens else _flanks(before, after)
                if piece.span is not None and (not flanks or (piece.opens and closes)):
                    refused.add(piece.span)
                if emphasis == "*" and piece.opens:
                    around.append(length)
                elif emphasis == "*":
                    around.pop()
        before = next((piece.text[-1] for piece in reversed(run) if piece.text), before)
    return refused


def _match(length: int, other: int) -> bool:
    """Whether runs of these lengths can end each other where one of them may both open and close an emphasis."""
    return (length + other) % 3 != 0 or length % 3 == other % 3 == 0


def _flanks(inner: str, outer: str) -> bool:
    """Whether every parser takes marks between these characters for an emphasis on the side of the inner one."""
    return not inner.isspace() and (not _may_be_punctuation(inner) or not _may_be_word(outer))


def _may_flank(inner: str, outer: str) -> bool:
    """Whether some parser does."""
    return not inner.isspace() and (_may_be_word(inner) or outer.isspace() or _may_be_punctuation(outer))


def _may_be_punctuation(character: str) -> bool:
    """Whether a parser takes it for punctuation; older ones do not take symbols outside ASCII for it."""
    return unicodedata.category(character)[0] in "PS"


def _may_be_word(character: str) -> bool:
    """Whether a parser takes it neither for a blank nor for punctuation."""
    if character.isspace():
        return False
    return not _may_be_punctuation(character) or (unicodedata.category(character)[0] == "S" and not character.isascii())
