"""Finds web addresses in a text, for templates with links. static/js/lib/linkify.js does the same in the pages."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# An address ends at blanks, controls, marks that turn the direction, quotes, and angle brackets.
END = '\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff<>"'
ADDRESS = re.compile(f"(?<![A-Za-z0-9])https?://[^{END}]+", re.ASCII | re.IGNORECASE)
# A name before an @ would look like another host.
HOST = re.compile(r"https?://[^/?#@]+(?:[/?#]|\Z)", re.ASCII | re.IGNORECASE)
SENTENCE_ENDS = frozenset(".,;:!?'*_~…»”’")
BRACKETS = {")": "(", "]": "[", "}": "{"}


class Segment(NamedTuple):
    """A part of a text, and whether it is a web address."""

    text: str
    is_link: bool


def linkify(text: str) -> Iterator[Segment]:
    """The text in pieces, which joined give the text again; a link begins with http:// or https://."""
    done = 0
    for match in ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if HOST.match(address) is None:
            continue
        if match.start() > done:
            yield Segment(text[done : match.start()], is_link=False)
        yield Segment(address, is_link=True)
        done = match.start() + len(address)
    if done < len(text):
        yield Segment(text[done:], is_link=False)


def _trimmed(address: str) -> str:
    """Without what ends a sentence, or closes a bracket that was open before the address."""
    surplus = {closing: address.count(closing) - address.count(opening) for closing, opening in BRACKETS.items()}
    end = len(address)
    while surplus.get(address[end - 1], 0) > 0 or address[end - 1] in SENTENCE_ENDS:
        end -= 1
        if address[end] in surplus:
            surplus[address[end]] -= 1
    return address[:end]
