"""The titles of a block of notes as one text, which is searched at once.

They are a tenth of what is read to look through the notes themselves.
"""

from collections.abc import Iterable, Sequence


def title_in(search_text: str) -> str:
    """The title in the text that is searched."""
    return search_text.partition("\n")[0]


def packed(titles: Iterable[tuple[int, str]]) -> str:
    """The ids of the notes that have a title in the first line, and in each further line a title."""
    titled = [(str(number), title) for number, title in titles if title]
    return "\n".join([" ".join(number for number, _ in titled), *(title for _, title in titled)])


def matching(block: str, words: Sequence[str]) -> list[int]:
    """The ids of the notes of a packed block with all words in their titles, in the block's order."""
    if not all(word in block for word in words):
        return []
    ids, *titles = block.split("\n")
    numbers = ids.split(" ")
    first, *others = words
    found = [place for place, title in enumerate(titles) if first in title]
    return [int(numbers[place]) for place in found if all(word in titles[place] for word in others)]
