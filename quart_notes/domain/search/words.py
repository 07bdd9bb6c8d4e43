"""The words of a search in SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """The words of a search as patterns of LIKE, the longest first: it is the rarest."""

    patterns: Sequence[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Words":
        """The patterns of folded words."""
        escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in set(words))
        return cls([f"%{word}%" for word in sorted(escaped, key=lambda word: (-len(word), word))])


class Values(list[Any]):
    """The values of a statement."""

    def place(self, value: Any) -> str:
        """The mark of a new value."""
        self.append(value)
        return f"?{len(self)}"

    def all_in(self, text: str, words: Words) -> str:
        """The condition that all words are in a text."""
        return " AND ".join(rf"{text} LIKE {self.place(pattern)} ESCAPE '\'" for pattern in words.patterns)
