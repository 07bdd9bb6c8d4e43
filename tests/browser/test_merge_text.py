"""Merging two versions of a text, for many texts (static/js/lib/merge_text.js)."""

import re
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.browser.windows import NOWHERE, Windows
from tests.support.cases import check_each
from tests.support.servers.server_process import ServerProcess

MERGE = """async (all) => {
  const { mergeText } = await import("/static/js/lib/merge_text.js");
  return all.map((texts) => mergeText(...texts)).map(({ text, clean }) => [text, clean]);
}"""
WORDS = ["apples", "bread", "cheese", "dates", "eggs", "flour", "garlic", "honey"]
PREFIXES = ["", "- ", "- [ ] ", "* [x] ", "1. [X] ", "> - [ ] ", "  + [ ] ", "- 2) [x] "]
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

lines = st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from([*WORDS, "", "  "]))
texts = st.lists(lines, max_size=6)
any_text = st.one_of(st.text("ab\n\r\t -[]x>", max_size=12), texts.map("\n".join), texts.map("\r\n".join))


class Merged(NamedTuple):
    text: str
    clean: bool


@pytest.fixture(scope="module")
def merge(module_windows: Windows, shared_server: ServerProcess):
    """Merges texts, each time base, mine, theirs, in a page of the site; all at once, as each call takes long."""
    page = module_windows()
    page.goto(shared_server.base + NOWHERE)
    return lambda *texts: [Merged(*result) for result in page.evaluate(MERGE, texts)]


CASES: list[tuple[str, tuple[str, str, str, str]]] = [
    # name, base, mine, theirs, merged
    ("a changed text and a tick", ("- [ ] milk", "- [ ] oat milk", "- [x] milk", "- [x] oat milk")),
    ("another text and a tick", ("1. [ ] milk", "1. [ ] tea", "1. [X] milk", "1. [X] tea")),
    ("a tick in a quote", ("> * [x] a\n> b", "> * [x] a\n> c", "> * [ ] a\n> b", "> * [ ] a\n> c")),
    ("a tick in a nested list", ("- 1) [ ] a\n- b", "- 1) [ ] a\n- c", "- 1) [x] a\n- b", "- 1) [x] a\n- c")),
    ("a tick and another text there", ("- 1) [ ] tea", "- 1) [ ] green tea", "- 1) [x] tea", "- 1) [x] green tea")),
    ("ticks of both", ("- [ ] a\n- [x] b", "- [x] a\n- [x] b", "- [ ] a\n- [ ] b", "- [x] a\n- [ ] b")),
    ("a tick in a moved line", ("- [ ] a\nb\nc", "b\nc\n- [ ] a", "- [x] a\nb\nc", "b\nc\n- [x] a")),
    ("a moved and changed line", ("* [ ] tea\nb\nc", "b\nc\n* [ ] 2 tea", "* [x] tea\nb\nc", "b\nc\n* [x] 2 tea")),
    ("a deleted line and a tick", ("- [ ] a\n- [ ] b", "- [ ] b", "- [x] a\n- [ ] b", "- [ ] b")),
    ("neighbouring lines", ("a\nb", "a one\nb", "a\nb two", "a one\nb two")),
    ("lines added at the end", ("- a", "- a\n- mine", "- a\n- theirs", "- a\n- theirs\n- mine")),
    ("the same, before a line break", ("- a\n", "- a\n- mine\n", "- a\n- theirs\n", "- a\n- theirs\n- mine\n")),
    ("an empty item that both filled", ("- a\n- ", "- a\n- mine", "- a\n- theirs", "- a\n- theirs\n- mine")),
    ("a line that both added", ("a", "a\n- eggs\n- tea", "a\n- eggs\n- oil", "a\n- eggs\n- oil\n- tea")),
    ("paragraphs", ("a", "a\n\nmine", "a\n\ntheirs", "a\n\ntheirs\n\nmine")),
    ("a first text that they continued", ("", "- a", "- a\n- b", "- a\n- b")),
    ("other line ends", ("a\r\nb\r\nc", "a\nb one\nc", "a\r\nb\r\nc\r\nd", "a\nb one\nc\nd")),
    ("a line inserted among deleted ones", ("a\nb\nc\nd", "a\nd", "a\nb\nnew\nc\nd", "a\nnew\nd")),
]  # fmt: skip
CONFLICTS: list[tuple[str, tuple[str, str, str, str]]] = [
    # the merged text has my lines
    ("two first texts", ("", "mine", "theirs", "mine")),
    ("a line that both changed", ("a\n- [ ] b", "a\n- [ ] b one", "a two\n- [x] b three", "a two\n- [x] b one")),
    ("a line that I deleted", ("a\nb\nc", "a\nc", "a\nb two\nc", "a\nc")),
    ("a line that they deleted", ("a\nb\nc", "a\nb two\nc", "a\nc", "a\nb two\nc")),
    ("a tick whose line is unclear", ("- [ ] milk", "- [ ] eggs\n- [ ] tea", "- [x] milk", "- [x] eggs\n- [ ] tea")),
]


def test_each_kind_of_change_is_merged(merge):
    expect_merged(merge, CASES, clean=True)


def test_a_line_that_both_changed_is_a_conflict(merge):
    expect_merged(merge, CONFLICTS, clean=False)


def expect_merged(merge, cases, *, clean: bool) -> None:
    results = merge(*(versions[:3] for _, versions in cases))

    def check(case: tuple[Merged, str]) -> None:
        result, merged = case
        assert result == (merged, clean)

    check_each(
        [(name, (result, case[3])) for (name, case), result in zip(cases, results, strict=True)],
        check,
    )


def test_what_one_side_changed_is_the_result(merge):
    @FEW
    @given(any_text, any_text)
    def check(base: str, changed: str) -> None:
        sides = (base, base, changed), (base, changed, base), (base, changed, changed)
        assert merge(*sides) == [(changed, True)] * 3

    check()


def test_a_merge_without_conflict_has_every_inserted_line(merge):
    @FEW
    @given(any_text, any_text, any_text)
    def check(base: str, mine: str, theirs: str) -> None:
        merged, other = merge((base, mine, theirs), (base, theirs, mine))

        assert other.clean == merged.clean
        inserted = (_lines(mine) | _lines(theirs)) - _lines(base)
        assert not merged.clean or inserted <= _lines(merged.text)

    check()


def _lines(text: str) -> set[str]:
    return {re.sub(r"\[[xX]\]", "[ ]", line).strip() for line in re.split("\r\n|\r|\n", text)} - {""}


class Edit(NamedTuple):
    """What happens to a line."""

    does: tuple[str, str]  # I, and they
    i_insert: bool  # a line before it
    they_insert: bool


edits = st.builds(
    Edit,
    st.one_of(
        st.tuples(st.sampled_from(["keep", "tick", "change", "delete"]), st.sampled_from(["keep", "tick"])),
        st.tuples(st.sampled_from(["keep", "tick"]), st.sampled_from(["tick", "change", "delete"])),
        st.just(("delete", "delete")),
    ),
    st.booleans(),
    st.booleans(),
)


def test_all_changes_of_different_lines_and_all_ticks_are_in_the_result(merge):
    @FEW
    @given(st.lists(edits, max_size=len(WORDS)))
    def check(all_edits: list[Edit]) -> None:
        base: list[str] = []
        mine: list[str] = []
        theirs: list[str] = []
        merged: list[str] = []
        before = ("keep", "keep")
        for word, edit in zip(WORDS, all_edits, strict=False):
            line = f"- [ ] {word}"
            i_do, they_do = edit.does
            # Beside a line that the same side deletes, it could be that line, changed.
            if edit.they_insert and "delete" not in {they_do, before[1]}:
                theirs.append(f"- new before {word}, theirs")
                merged.append(theirs[-1])
            if edit.i_insert and "delete" not in {i_do, before[0]}:
                mine.append(f"- new before {word}, mine")
                merged.append(mine[-1])
            base.append(line)
            mine += _edited(line, {i_do})
            theirs += _edited(line, {they_do})
            merged += _edited(line, {i_do, they_do})
            before = edit.does

        assert merge(tuple(map("\n".join, (base, mine, theirs)))) == [("\n".join(merged), True)]

    check()


def _edited(line: str, does: set[str]) -> list[str]:
    if "delete" in does:
        return []
    ticked = line.replace("[ ]", "[x]") if "tick" in does else line
    return [f"{ticked}, two" if "change" in does else ticked]
