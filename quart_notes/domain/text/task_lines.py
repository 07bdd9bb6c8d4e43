"""Tasks in the text of a note: finding, ticking, adding and deleting their lines. Lines count from 1."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from quart_notes.domain.text.markdown import TaskItem, format_text
from quart_notes.schemas import ContentNode

LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # with its end
ITEM = re.compile(r"(?P<indent>[ \t>]*)(?P<marker>[-+*]|\d{1,9}[.)])(?P<space>[ \t]+)")


def ticks_of(text: str | None, content: Sequence[ContentNode] | None) -> dict[int, bool]:
    """The lines that are tasks, and whether each is ticked off.

    content   the text's tree; without one, the text is read
    """
    if content is None:
        return {task.line: task.done for task in format_text(text).tasks}
    return {node["line"]: node["done"] for node in task_nodes(content)}


def task_nodes(content: Sequence[ContentNode]) -> Iterator[ContentNode]:
    """The tasks of a tree, in order."""
    for node in content:
        if node["type"] == "task":
            yield node
        yield from task_nodes(node.get("children", ()))


def find_task(text: str, tasks: Collection[int], line: int, source: str) -> int | None:
    """The line of a task that somebody saw at `line`; None when it is gone, or when several others look like it.

    tasks    the lines that are tasks
    source   the line as they saw it; its tick may have changed since
    """
    lines = LINE.findall(text)
    wanted = _unticked(source)
    if line in tasks and _unticked(lines[line - 1]) == wanted:
        return line
    same = [task for task in tasks if _unticked(lines[task - 1]) == wanted]
    return same[0] if len(same) == 1 else None


def with_ticks(text: str, ticks: Mapping[int, bool]) -> str:
    """The text with the ticks of some of its tasks set, by line."""
    lines = LINE.findall(text)
    for line, done in ticks.items():
        before, box, after = lines[line - 1].partition("[")
        lines[line - 1] = before + box + ("x" if done else " ") + after[1:]
    return "".join(lines)


def with_task(text: str, task: str, after_line: int | None) -> str:
    """The text with a new task below the one at `after_line`, by default below the last one or the whole text.

    raises   ValueError when no task can stand there
    """
    lines = LINE.findall(text)
    tasks = {item.line: item for item in format_text(text).tasks}
    place = max(tasks, default=len(lines)) if after_line is None else after_line
    if place > len(lines):
        raise ValueError("The note has fewer lines.")
    neighbour = lines[place - 1] if place else ""
    if place in tasks:
        place = _last_line(lines, tasks[place])
    item = ITEM.match(neighbour)
    begin = item["indent"] + _next_marker(item["marker"]) + item["space"] if item else "- "
    end = "\r\n" if "\r\n" in text else "\n"
    before, after = "".join(lines[:place]), "".join(lines[place:])
    if before and not before.endswith(("\r", "\n")):
        before += end
    if not item and neighbour.strip():
        before += end  # a list begins after a blank line
    joined = f"{before}{begin}[ ] {task}{end if after else ''}{after}"
    if len(format_text(joined).tasks) != len(tasks) + 1:
        raise ValueError("No task can stand there.")
    return joined


def without_done(text: str) -> str:
    """The text without the tasks that are ticked off; one with an open task in it stays."""
    lines = LINE.findall(text)
    tasks = format_text(text).tasks
    removed: set[int] = set()
    for task in tasks:
        block = range(task.line, _last_line(lines, task) + 1)
        if all(inner.done for inner in tasks if inner.line in block):
            removed.update(block)
    remaining = "".join(line for number, line in enumerate(lines, 1) if number not in removed)
    return remaining if text.endswith(("\r", "\n")) else remaining.removesuffix("\n").removesuffix("\r")


def _last_line(lines: Sequence[str], task: TaskItem) -> int:
    """The last line of a task, without the blank ones below it."""
    last = min(task.end - 1, len(lines))
    while last > task.line and not lines[last - 1].strip(" \t>\r\n"):
        last -= 1
    return last


def _next_marker(marker: str) -> str:
    return f"{int(marker[:-1]) + 1}{marker[-1]}" if marker[-1] in ".)" else marker


def _unticked(line: str) -> str:
    before, box, after = line.rstrip("\r\n").partition("[")
    return before + box + " " + after[1:]
