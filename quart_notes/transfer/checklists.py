"""Writes checklists of other programs as tasks in Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MARKS = re.compile(r"([▫▪])\ufe0f?[ \t]*")  # before each item in a table of TickTick: open, done
DONE = frozenset({1, 2, "completed"})  # the status of an item of TickTick that is done
UNNAMED = frozenset({"", "Checklist"})  # the name that Trello gives a checklist


def task_list(items: Iterable[tuple[str, bool]]) -> str:
    """Tasks, a line each; further lines of a text are indented. Empty ones are left out."""
    return "\n".join(
        f"- [{'x' if done else ' '}] " + "\n  ".join(text.split("\n")) for text, done in items if text.strip()
    )


def with_tasks(text: str) -> str:
    """A text of TickTick with tasks in place of its marks; without marks it stays as it is."""
    before, *rest = MARKS.split(text)
    if not rest:
        return text
    tasks = task_list((item.strip(), mark == "▪") for mark, item in zip(rest[::2], rest[1::2], strict=True))
    return "\n\n".join(part for part in (before.strip("\r\n"), tasks) if part.strip())


def checklists(found: Sequence[Mapping[str, Any]]) -> str:
    """Checklists of a card of Trello: their names, and their items as tasks.

    raises   TypeError, ValueError, KeyError, AttributeError or OverflowError when they are none
    """
    parts = []
    for checklist in sorted(found, key=_position):
        name = _words(checklist["name"])
        items = sorted(checklist["checkItems"], key=_position)
        tasks = task_list((_words(item["name"]), item["state"] == "complete") for item in items)
        parts += [f"## {name}"] if name not in UNNAMED or len(found) > 1 else []
        parts += [tasks] if tasks else []
    return "\n\n".join(parts)


def check_items(found: Sequence[Mapping[str, Any]]) -> str:
    """The items of a task of TickTick (JSON) as tasks.

    raises   TypeError, ValueError, KeyError, AttributeError or OverflowError when they are none
    """
    items = sorted(found, key=lambda item: float(item.get("sortOrder", 0)))
    return task_list((_words(item["title"]), item.get("status") in DONE) for item in items)


def _words(name: str) -> str:
    return " ".join(name.split())


def _position(of: Mapping[str, Any]) -> float:
    return float(of.get("pos", 0))
