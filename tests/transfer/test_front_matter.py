"""Front matter as people and programs write it, whole or broken: it never fails, and loses no word."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quart_notes.transfer.front_matter import split

PIECES = st.sampled_from(
    [": ", ":", "- ", "? ", "[", "]", "{", "}", ", ", "|", ">", "'", '"', "@", "`", " ", "  ", "\n", "\n\n"]
)
WORDS = st.sampled_from([f"w{number}" for number in range(9)])
HARMLESS = st.lists(WORDS | PIECES, max_size=30).map("".join)
ANYTHING = st.lists(
    WORDS | PIECES | st.sampled_from(["&", "*", "!", "!!", "%", "#", "\t", "\r\n", "\x00", "\u2028"]), max_size=30
)


@pytest.mark.parametrize("fence", ["---", "+++"])
@given(front=ANYTHING.map("".join) | st.text(max_size=60))
@example(front=": bad yaml [\n")
def test_whatever_stands_there_can_be_read(fence: str, front: str):
    _, body = split(f"{fence}\n{front}\n{fence}\nbehind it\n")

    assert body.endswith("behind it\n")


@given(HARMLESS)
@example(": bad w1 [\n")
@example("- w1\nw2: [w3\n")
@example("w1: [w2\nw3: - w4\n")
def test_no_word_is_lost(front: str):
    pairs, body = split(f"---\n{front}\n---\nbehind it\n")

    assert set(re.findall(r"w\d", front)) <= set(re.findall(r"w\d", f"{pairs} {body}"))
