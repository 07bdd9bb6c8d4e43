"""Mentions of users in formatted texts: `@nickname`, outside of code and links."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from quart_notes.models import NICKNAME_KEY_MAX
from quart_notes.schemas import NICKNAME_MAX, ContentNode, name_key

MARK = "@"
WITHIN_NICKNAMES = frozenset("_.-")
AT_END = "_.-"  # may end a nickname, or be punctuation behind it
EVERYBODY = "room"  # the key of @room
SKIPPED = frozenset({"a", "code", "pre"})  # types of nodes in which nobody is mentioned

Target = int | None  # a user's id; None: everybody in the room
Replace = Callable[[str], Sequence[ContentNode]]


def key_of(nickname: str) -> str:
    """A nickname as it is compared."""
    return name_key(nickname, NICKNAME_KEY_MAX)


def mentioned_in(tree: Sequence[ContentNode] | None) -> dict[str, Target]:
    """Who is mentioned in a tree, by the key of the nickname as it was written."""
    return {key_of(node["text"][1:]): node.get("user_id") for node in _nodes(tree or ()) if node["type"] == "mention"}


def users_in(tree: Sequence[ContentNode] | None) -> set[int]:
    """The ids of the users who are mentioned by name in a tree."""
    return {user_id for user_id in mentioned_in(tree).values() if user_id is not None}


def _nodes(tree: Sequence[ContentNode]) -> Iterator[ContentNode]:
    for node in tree:
        yield node
        yield from _nodes(node.get("children", ()))
        yield from _nodes(list(chain.from_iterable(chain.from_iterable(node.get("rows", ())))))


def possible_keys(tree: Sequence[ContentNode]) -> list[str]:
    """The keys of all nicknames that a tree may mention, each once, in order."""
    found: dict[str, None] = {}

    def collect(text: str) -> Sequence[ContentNode]:
        for _, written in _marks(text):
            found.update(dict.fromkeys(map(key_of, _spellings(written))))
        return [{"type": "text", "text": text}]

    _mapped(tree, collect)
    return list(found)


def with_mentions(tree: Sequence[ContentNode], targets: Mapping[str, Target]) -> list[ContentNode]:
    """A copy of a tree in which each mention of a target, by the nickname's key, is a node."""

    def split(text: str) -> Sequence[ContentNode]:
        parts: list[ContentNode] = []
        end = 0
        for start, written in _marks(text):
            name = next((one for one in _spellings(written) if key_of(one) in targets), None)
            if name is None:
                continue
            if start > end:
                parts.append({"type": "text", "text": text[end:start]})
            node: ContentNode = {"type": "mention", "text": MARK + name}
            user_id = targets[key_of(name)]
            if user_id is not None:
                node["user_id"] = user_id
            parts.append(node)
            end = start + len(MARK) + len(name)
        if end < len(text):
            parts.append({"type": "text", "text": text[end:]})
        return parts

    return _mapped(tree, split)


def _mapped(tree: Sequence[ContentNode], replace: Replace) -> list[ContentNode]:
    """A copy of a tree with its texts replaced, where somebody can be mentioned."""
    made: list[ContentNode] = []
    for node in tree:
        if node["type"] == "text":
            made.extend(replace(node["text"]))
        elif node["type"] in SKIPPED:
            made.append(node)
        else:
            copied = node.copy()
            if "children" in node:
                copied["children"] = _mapped(node["children"], replace)
            if "rows" in node:
                copied["rows"] = [[_mapped(cell, replace) for cell in row] for row in node["rows"]]
            made.append(copied)
    return made


def _marks(text: str) -> Iterator[tuple[int, str]]:
    """Where an @ begins a word, and the letters after it that can be of a nickname."""
    start = text.find(MARK)
    while start >= 0:
        end = start + 1
        while end < len(text) and _is_of_nickname(text[end]):
            end += 1
        before = text[start - 1] if start else " "
        if end > start + 1 and before != MARK and not _is_of_nickname(before):
            yield start, text[start + 1 : end]
        start = text.find(MARK, end)


def _is_of_nickname(letter: str) -> bool:
    return letter.isalnum() or letter in WITHIN_NICKNAMES or unicodedata.category(letter)[0] == "M"


def _spellings(written: str) -> Iterator[str]:
    """The nicknames that these letters may stand for, the longest first: a full stop may end the sentence."""
    shortest = max(len(written.rstrip(AT_END)), 1)
    for length in range(min(len(written), NICKNAME_MAX), shortest - 1, -1):
        yield written[:length]
