"""Front matter, valid or broken: it never fails, and loses no word."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quart_notes.transfer.front_matter import split
from tests.support.note_files import items, put

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
def test_any_front_matter_can_be_parsed(fence: str, front: str):
    _, body = split(f"{fence}\n{front}\n{fence}\nbehind it\n")

    assert body.endswith("behind it\n")


@given(HARMLESS)
@example(": bad w1 [\n")
@example("- w1\nw2: [w3\n")
@example("w1: [w2\nw3: - w4\n")
def test_no_word_is_lost(front: str):
    pairs, body = split(f"---\n{front}\n---\nbehind it\n")

    assert set(re.findall(r"w\d", front)) <= set(re.findall(r"w\d", f"{pairs} {body}"))


@pytest.mark.parametrize(
    "front",
    [
        "a: &a [x,x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20)),
        "deep: " + "[" * 30_000 + "]" * 30_000,
        "deep:\n" + "".join(" " * n + "- \n" for n in range(1, 200)),
        "many: [" + "a," * 30_000 + "]",
        "object: !!python/object/apply:os.system [echo]",
        "self: &s [*s]",
        "<<: *nothing",
        "? [a, b]\n: c",
        "a: 'unclosed",
        "x" * 70_000 + ": y",
    ],
    ids=["aliases", "deep flow", "deep block", "many", "tag", "itself", "unknown", "key", "unclosed", "long"],
)
def test_malicious_front_matter_does_not_affect_the_note(tmp_path: Path, front: str):
    (item,) = items(put(tmp_path, "a.md", f"---\n{front}\ntitle: Kept\n---\nbody"))

    assert item.entry, item.problem
    assert "body" in ((item.more[-1] if item.more else item.entry).description or "")
    assert item.entry.title in {"Kept", "a"}
