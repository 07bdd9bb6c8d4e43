"""Refuses passwords that attackers try first."""

import unicodedata
from functools import cache
from pathlib import Path

from quart_notes.errors import FieldError, ValidationFailedError

LIST = Path(__file__).parent / "common_passwords" / "list.txt"  # in lower case, one a line
PRODUCT_NAME = "Quart Notes"  # a guess by anybody who sees the page
ADDED = 4  # characters around a common password that make it no better: password2026, !monkey!
COMMON = "This password is too common. A few words together are better."
OWN_NAME_MESSAGE = "This is your own nickname, name or e-mail address. Choose something else."


def require_strong(field: str, password: str, nickname: str, name: str, email: str | None) -> None:
    """ValidationFailedError, naming the field, for a common password and for the names and address of the user."""
    compared = _compared(password)
    words = _core(compared)
    if not compared or compared in _common() or (len(compared) - len(words) <= ADDED and words in _common()):
        raise _refused(field, COMMON)
    own = {_spoken(text) for text in _own(nickname, name, email or "")} - {""}
    spoken = _spoken(password)
    if _made_of(spoken, own) or (words and _made_of(_core(spoken), {_core(text) for text in own} - {""})):
        raise _refused(field, OWN_NAME_MESSAGE)


def _own(nickname: str, name: str, email: str) -> list[str]:
    return [nickname, name, *name.split(), email, email.partition("@")[0]]


def _made_of(text: str, words: set[str]) -> bool:
    """Whether a text is one of these words, or several of them in a row."""
    ends = {0}
    for position in range(len(text)):
        if position in ends:
            ends |= {position + len(word) for word in words if text.startswith(word, position)}
    return len(text) in ends


def _compared(text: str) -> str:
    """A text without invisible characters and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] not in "ZC")


def _spoken(text: str) -> str:
    """Without punctuation too: ada.lovelace is Ada Lovelace."""
    return "".join(filter(str.isalnum, _compared(text)))


def _core(text: str) -> str:
    """Without the digits and signs at both ends."""
    letters = [position for position, character in enumerate(text) if character.isalpha()]
    return text[letters[0] : letters[-1] + 1] if letters else ""


@cache
def _common() -> frozenset[str]:
    return frozenset(_compared(line) for line in (PRODUCT_NAME, *LIST.read_text(encoding="utf-8").splitlines()))


def _refused(field: str, message: str) -> ValidationFailedError:
    return ValidationFailedError(f"{field}: {message}", errors=[FieldError(field, message)])
