"""The words of a search in SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Words:
    """The words of a search, folded, the longest first: it is the rarest."""

    folded: Sequence[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Words":
        """Those of some folded words, each once."""
        return cls(sorted(set(words), key=lambda word: (-len(word), word)))

    @property
    def patterns(self) -> list[str]:
        """Patterns of LIKE that find them within a text."""
        escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in self.folded)
        return [f"%{word}%" for word in escaped]


class Values(list[Any]):
    """The values of a statement."""

    def place(self, value: Any) -> str:
        """The mark of a new value."""
        self.append(value)
        return f"?{len(self)}"

    def all_in(self, text: str, words: Words) -> str:
        """The condition that all words are in a text."""
        return " AND ".join(rf"{text} LIKE {self.place(pattern)} ESCAPE '\'" for pattern in words.patterns)
