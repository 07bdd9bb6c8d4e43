"""Normalises text for comparisons and for search."""

import re
import unicodedata

# static/js/lib/search_text.js has the same table: a test compares the two.
ACCENTS = (
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),  # of any letter
    (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5), (0x05C7, 0x05C7),  # points of Hebrew
    (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),  # vowels of Arabic
    (0x06E7, 0x06E8), (0x06EA, 0x06ED),
    (0x00AD, 0x00AD), (0x200B, 0x200F), (0x2060, 0x2060), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),  # invisible
)  # fmt: skip
# Letters that Unicode does not decompose, and the quotation marks of word processors.
LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th",
    "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"',
}  # fmt: skip
FOLDED = str.maketrans(
    {mark: None for first, last in ACCENTS for mark in range(first, last + 1)}
    | {ord(case): plain for letter, plain in LETTERS.items() for case in (letter, letter.upper()) if len(case) == 1}
)

BLANKS = re.compile("[ \t\n\v\f\r\u1680\u2028\u2029]+")  # as scripts know them; others are spaces after folding


def fold_text(text: str) -> str:
    """The former key of nicknames, before schemas.name_key: é is é however it was typed, and case does not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def searchable(text: str) -> str:
    """Text for search: without case and accents; ø is o, ß is ss, ﬁ is fi.

    Marks that make other letters stay, such as those of Hindi, Thai and Japanese.
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).translate(FOLDED)
    return unicodedata.normalize("NFC", plain.casefold())


def searched_words(query: str, most: int) -> list[str]:
    """The first `most` words of a search, in the form of searchable text."""
    return [word for word in BLANKS.split(searchable(query)) if word][:most]
