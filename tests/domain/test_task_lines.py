"""Tasks in a text: ticking, adding and deleting their lines changes nothing else."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quart_notes.domain.text.markdown import format_text
from quart_notes.domain.text.task_lines import find_task, task_nodes, ticks_of, with_task, with_ticks, without_done
from tests.domain.test_markdown import TEXTS

ITEMS = st.tuples(
    st.sampled_from(["", "", "", "  ", "    ", "> "]),
    st.sampled_from(["- [ ] ", "- [x] ", "* [X] ", "1. [ ] ", "- ", "", "# "]),
    st.sampled_from(["milk", "bread", "a [b](http://c.d)", "[ ] e", "", "*f*"]),
    st.sampled_from(["\n", "\n", "\r\n", "\n\n"]),
).map("".join)
UNDERLINE = re.compile(r"^[ >]*[-=]+[ ]*\r?$", re.MULTILINE)
LISTS = st.one_of(st.lists(ITEMS, max_size=12).map("".join), TEXTS)


@given(LISTS, st.data())
def test_a_tick_changes_one_box_only(text: str, data: st.DataObject):
    content, tasks, _ = format_text(text)
    if not tasks:
        return
    task = data.draw(st.sampled_from(tasks))

    ticked = with_ticks(text, {task.line: not task.done})

    assert len(ticked) == len(text)
    assert sum(one != other for one, other in zip(text, ticked, strict=True)) == 1
    after = format_text(ticked)
    assert after.tasks == [one._replace(done=one.done != (one is task)) for one in tasks]
    if content is not None:
        next(node for node in task_nodes(content) if node["line"] == task.line)["done"] = not task.done
        assert after.content == content, "the tree of a ticked text is the former one with this tick"


@given(LISTS)
def test_the_ticks_of_a_tree_are_those_of_its_text(text: str):
    assert ticks_of(text, format_text(text).content) == ticks_of(text, None)


@given(LISTS, st.integers(0, 14) | st.none())
def test_a_new_task_keeps_all_other_lines(text: str, after_line: int | None):
    assume(not UNDERLINE.search(text))  # between a heading and its underline it makes a paragraph of the heading
    tasks = format_text(text).tasks
    try:
        added = with_task(text, "the new one", after_line)
    except ValueError:
        return
    lines = added.splitlines()
    (new,) = [line for line in lines if line.endswith("[ ] the new one")]
    lines.remove(new)
    assert [line for line in lines if line.strip()] == [line for line in text.splitlines() if line.strip()]
    assert format_text(added).task_count == {
        "done": sum(task.done for task in tasks),
        "total": len(tasks) + 1,
    }


@given(LISTS)
def test_deleting_what_is_done_keeps_every_open_task(text: str):
    before = format_text(text).tasks
    kept = without_done(text)
    lines, left = text.splitlines(), kept.splitlines()

    for task in before:
        if not task.done:
            assert lines[task.line - 1] in left
    if not any(task.done for task in before):
        assert kept == text


@pytest.mark.parametrize(
    ("text", "after_line", "expected"),
    [
        ("", None, "- [ ] x"),
        ("a", None, "a\n\n- [ ] x"),
        ("a\n", None, "a\n\n- [ ] x"),
        ("- [ ] a", None, "- [ ] a\n- [ ] x"),
        ("- [x] a\n\nb", None, "- [x] a\n- [ ] x\n\nb"),
        ("* [ ] a\r\n* [ ] b\r\n", 1, "* [ ] a\r\n* [ ] x\r\n* [ ] b\r\n"),
        ("1. [ ] a", None, "1. [ ] a\n2. [ ] x"),
        ("- [ ] a\n  - [ ] b\n- [ ] c", 1, "- [ ] a\n  - [ ] b\n- [ ] x\n- [ ] c"),
        ("- [ ] a\n  - [ ] b\n- [ ] c", 2, "- [ ] a\n  - [ ] b\n  - [ ] x\n- [ ] c"),
        ("> - [ ] a", None, "> - [ ] a\n> - [ ] x"),
        ("- [ ] a", 0, "- [ ] x\n- [ ] a"),
        ("- a\n- b", 1, "- a\n- [ ] x\n- b"),
    ],
)
def test_a_new_task_stands_where_it_was_wanted(text: str, after_line: int | None, expected: str):
    assert with_task(text, "x", after_line) == expected


@pytest.mark.parametrize(("text", "after_line"), [("a", 2), ("```\na\n```", 1)])
def test_a_task_that_would_be_none_is_refused(text: str, after_line: int):
    with pytest.raises(ValueError, match=r"fewer lines|stand there"):
        with_task(text, "x", after_line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- [x] a\n- [ ] b\n- [x] c", "- [ ] b"),
        ("- [x] a\n- [ ] b\n- [x] c\n", "- [ ] b\n"),
        ("- [x] a\n  more\n  - [x] b\n- [ ] c", "- [ ] c"),
        ("- [x] a\n  - [ ] b\n  - [x] c", "- [x] a\n  - [ ] b"),
        ("top\n\n- [x] a\n\nbottom", "top\n\n\nbottom"),
        ("- [x] a", ""),
        ("```\n- [x] a\n```", "```\n- [x] a\n```"),
    ],
)
def test_done_tasks_are_deleted(text: str, expected: str):
    assert without_done(text) == expected


@pytest.mark.parametrize(
    ("line", "source", "found"),
    [
        (1, "- [ ] a", 1),
        (1, "- [x] a", 1),
        (2, "- [X] a", None),
        (3, "- [ ] a", 3),
        (9, "- [ ] b", 2),
        (1, "- [ ] b\n", 2),
        (1, "- [ ] c", None),
        (4, "d", None),
        (1, "", None),
    ],
)
def test_a_task_is_found_by_its_line_or_its_text(line: int, source: str, found: int | None):
    text = "- [ ] a\n- [x] b\n- [ ] a\n\nd"
    assert find_task(text, ticks_of(text, None), line, source) == found
