"""What changed between two texts, word by word, in bounded time for any text."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

# A task's box, white space, a single character (ASCII punctuation, scripts that write no spaces), or a word.
TOKEN = re.compile(
    r"\[[ xX]\]|\s+|[!-/:-@\[-`{-~]|[\u3040-\u30ff\u3400-\u9fff]|[^\s!-/:-@\[-`{-~\u3040-\u30ff\u3400-\u9fff]+"
)
STEPS_MAX = 200_000  # comparisons for two texts: about 50 ms
EDITS_MAX = 1000  # tokens that differ between two sequences; beyond that nobody can read a comparison

Kind = Literal["same", "del", "ins"]


class DiffPiece(NamedTuple):
    """A part of the comparison of two texts: in both, only in the older one, or only in the newer one."""

    kind: Kind
    text: str


class _Budget:
    """The number of comparisons that are left."""

    def __init__(self) -> None:
        self.left = STEPS_MAX


class _Block(NamedTuple):
    """Tokens of both sides that replace each other, or that are equal."""

    same: bool
    before: list[str]
    after: list[str]


def word_diff(before: str, after: str) -> list[DiffPiece]:
    """The pieces of both texts in order: those that are not `ins` are `before`, those that are not `del` are `after`.

    Lines are compared first, then the words of the lines that differ. What would take too long is replaced as a whole.
    """
    budget = _Budget()
    blocks: list[_Block] = []
    for lines in _compare(before.splitlines(keepends=True), after.splitlines(keepends=True), budget):
        if lines.same:
            blocks.append(lines)
        else:
            blocks += _compare(TOKEN.findall("".join(lines.before)), TOKEN.findall("".join(lines.after)), budget)
    return _pieces(blocks)


def _compare(before: list[str], after: list[str], budget: _Budget) -> list[_Block]:
    """The blocks of two sequences."""
    start = 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    end = 0
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    middle = _shortest_edit(before[start : len(before) - end], after[start : len(after) - end], budget)
    first, last = before[:start], before[len(before) - end :]
    blocks: list[_Block] = []
    for block in (_Block(True, first, first), *middle, _Block(True, last, last)):
        if blocks and not block.same and not blocks[-1].same:  # one change, of several tokens
            blocks[-1].before.extend(block.before)
            blocks[-1].after.extend(block.after)
        elif block.before or block.after:
            blocks.append(_Block(block.same, [*block.before], [*block.after]))
    return blocks


def _shortest_edit(before: list[str], after: list[str], budget: _Budget) -> list[_Block]:
    """The blocks of the shortest edit; one block when that takes too long.

    source   E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986
    """
    furthest = {1: 0}  # by diagonal: how much of `before` has been passed
    trace: list[dict[int, int]] = []
    for edits in range(min(len(before) + len(after), EDITS_MAX) + 1):
        trace.append(furthest.copy())
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            began = x
            while x < len(before) and y < len(after) and before[x] == after[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            budget.left -= 1 + x - began
            if x >= len(before) and y >= len(after):
                return _blocks(before, after, trace)
        budget.left -= edits  # to copy the furthest points
        if budget.left < 0:
            break
    return [_Block(False, before, after)]


def _blocks(before: list[str], after: list[str], trace: list[dict[int, int]]) -> list[_Block]:
    """The blocks of an edit, found backwards from its trace."""
    x, y = len(before), len(after)
    blocks: list[_Block] = []
    for edits, furthest in reversed([*enumerate(trace)]):
        diagonal = x - y
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        from_x = furthest[diagonal + 1] if down else furthest[diagonal - 1]
        from_y = from_x - (diagonal + 1 if down else diagonal - 1)
        same_x = max(from_x if down else from_x + 1, 0) if edits else 0
        if x > same_x:
            blocks.append(_Block(True, before[same_x:x], before[same_x:x]))
        if edits:
            blocks.append(_Block(False, before[from_x : from_x + (not down)], after[from_y : from_y + down]))
        x, y = from_x, from_y
    return blocks[::-1]


def _pieces(blocks: Sequence[_Block]) -> list[DiffPiece]:
    """The blocks as text: changes beside each other, or with white space only between them, are one change."""
    pieces: list[DiffPiece] = []
    removed = added = gap = ""

    def put(kind: Kind, text: str) -> None:
        if pieces and pieces[-1].kind == kind:
            pieces[-1] = DiffPiece(kind, pieces[-1].text + text)
        elif text:
            pieces.append(DiffPiece(kind, text))

    def close() -> None:
        nonlocal removed, added, gap
        changed: tuple[tuple[Kind, str], ...] = (("del", removed), ("ins", added), ("same", gap))
        for kind, text in changed:
            put(kind, text)
        removed = added = gap = ""

    for block in blocks:
        text = "".join(block.before)
        if not block.same:
            removed, added = removed + gap + text, added + gap + "".join(block.after)
            gap = ""
        elif text.isspace() and (removed or added) and "\n" not in text and not gap:
            gap = text
        elif text:
            close()
            put("same", text)
    close()
    return pieces
