"""The comparison of two texts word by word."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.domain.text import word_diff as module
from quart_notes.domain.text.word_diff import word_diff
from quart_notes.schemas import DESCRIPTION_MAX

WORDS = st.lists(st.sampled_from(["a", "b", "milk", " ", "\n", ".", "é", "猫", "- [ ] "]), max_size=40).map("".join)


def sides(before: str, after: str) -> tuple[str, str]:
    """Both texts, put together from their comparison."""
    pieces = word_diff(before, after)
    return tuple("".join(text for kind, text in pieces if kind != other) for other in ("ins", "del"))  # type: ignore[return-value]


@given(WORDS, WORDS)
def test_the_pieces_are_both_texts(before: str, after: str):
    assert sides(before, after) == (before, after)


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_pieces_of_any_text_are_both_texts(before: str, after: str):
    assert sides(before, after) == (before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("the same", "the same", [("same", "the same")]),
        ("", "new", [("ins", "new")]),
        ("two litres of milk", "three litres of milk", [("del", "two"), ("ins", "three"), ("same", " litres of milk")]),
        ("a quick fox", "one slow fox", [("del", "a quick"), ("ins", "one slow"), ("same", " fox")]),
        ("- [ ] milk\n- [ ] tea\n", "- [ ] milk\n- [x] tea\n",
         [("same", "- [ ] milk\n- "), ("del", "[ ]"), ("ins", "[x]"), ("same", " tea\n")]),
        ("one\ntwo\nthree\n", "one\nthree\n", [("same", "one\n"), ("del", "two\n"), ("same", "three\n")]),
        ("milk.", "milk!", [("same", "milk"), ("del", "."), ("ins", "!")]),
        ("黒い猫", "白い猫", [("del", "黒"), ("ins", "白"), ("same", "い猫")]),
    ],
)  # fmt: skip
def test_only_words_that_differ_are_marked(before: str, after: str, expected: list[tuple[str, str]]):
    assert word_diff(before, after) == expected


def _hostile() -> dict[str, tuple[str, str]]:
    chance = random.Random(7)
    half = DESCRIPTION_MAX // 2
    words = lambda letters: "".join(chance.choice(letters) for _ in range(DESCRIPTION_MAX))  # noqa: E731
    return {
        "one word again and again": ("a " * half, "b " + "a " * (half - 1)),
        "two words at random": (" ".join(words("ab"))[:DESCRIPTION_MAX], " ".join(words("ab"))[:DESCRIPTION_MAX]),
        "lines at random": ("\n".join(words("abc"))[:DESCRIPTION_MAX], "\n".join(words("abc"))[:DESCRIPTION_MAX]),
        "nothing in common": ("a " * half, "b " * half),
        "reversed": (" ".join(map(str, range(4000))), " ".join(map(str, reversed(range(4000))))),
        "punctuation": (words("!?"), words("?!")),
        "many short blocks": ("a b c d\nsame\n" * 1500, "d c b a\nsame\n" * 1500),
    }


@pytest.mark.parametrize("name", _hostile())
def test_a_hostile_text_takes_a_bounded_number_of_steps(name: str, monkeypatch: pytest.MonkeyPatch):
    before, after = _hostile()[name]
    budgets: list[module._Budget] = []
    made = module._Budget.__init__

    def counted(budget: module._Budget) -> None:
        budgets.append(budget)
        made(budget)

    monkeypatch.setattr(module._Budget, "__init__", counted)

    assert sides(before, after) == (before, after)
    (budget,) = budgets
    # Above the limit by one round of one comparison at most, for each block.
    assert budget.left > -(module.EDITS_MAX * 3 + 2 * DESCRIPTION_MAX)
