"""Files of other programs: each note is imported, and lost data is reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.note_files import FILES_OF_OTHERS, contents_of, items, keep_note, lost_of, put

KEPT: Mapping[str, list[tuple[str | None, str | None, bool]]] = {
    "asana.csv": [("Paint wall", "white", True), ("Buy lamp", None, False)],
    "done_empty.md": [("Empty done", "text", False)],
    "excel_german_bool.csv": [("Milch", "Zwei Liter, kalt, frisch", True), ("Brot", None, False)],
    "excel_sep_line.csv": [("Milch", "Zwei", True)],
    "hugo_toml.md": [("Hugo", "body", False)],
    "keep_links.json": [
        (
            "Bike",
            "Ask about the gears\n\nA bicycle: https://bikes.example/7\nSecond one: https://bikes.example/8?x=1&y=2",
            False,
        )
    ],
    "keep_list.json": [("Shop", "- [ ] Milk & honey\n- [x] Käse 🧀", False)],
    "keep_only_a_link.json": [("Recipe", "https://cook.example/soup", False)],
    "keep_shared.json": [("shared", "s", False)],
    "md_origin.zip": [("Yirgacheffe", "floral", False), ("Sidamo", "berry", False)],
    "notesnook.md": [("Frontmatter test", "A test note with front matter.", False)],
    "notion.csv": [("Read paper", None, True), ("Write", None, False)],
    "obs_completed_date.md": [("Obs", "text of obs", True)],
    "own_origin_spaces.csv": [("Room 1", None, False), ("Room 2", None, False)],
    "own_unclosed_quote.csv": [],
    "takeout_de_label_home.zip": [("Notiz", "hallo", False)],
    "takeout_ru_more.zip": [("Aus Takeout de", "hallo", False)],
    "ticktick.csv": [("Call mum", None, False)],
    "trello.csv": [("Buy paint", "white", False)],
    "utf16le.csv": [("Milch", "Käse", False)],
    "yaml_comment.md": [("A: b", "body c", False)],
    "yaml_folded.md": [("A long title that some tool has folded", "body f", False)],
    "zip_names.zip": [
        ("Été", "utf-8 without the flag", False),
        ("Ölwechsel", "code page 437", False),
        ("Łódź", "unicode path in the extra field", False),
    ],
}
LOST: Mapping[str, Mapping[str, str]] = {
    "asana.csv": {
        "Task ID": "1", "Section/Column": "Doing", "Assignee": "Ann",
        "Due Date": "2026-01-06", "Projects": "House",
    },
    "keep_shared.json": {"shared with": "a@example.org"},
    "md_origin.zip": {"origin": "Ethiopia"},
    "takeout_de_label_home.zip": {"labels without notes": "Home"},
    "own_origin_spaces.csv": {"origin": "New York"},
    "ticktick.csv": {
        "lines above the names of the columns": "Date: 2026-01-02+0000", "List Name": "Inbox", "Kind": "TEXT",
        "Is Check list": "N", "Priority": "0", "Order": "-1099511627776", "Timezone": "Europe/Berlin",
        "Is Floating": "false", "View Mode": "list", "taskId": "1",
    },
    "trello.csv": {"Card ID": "abc", "Card URL": "https://x.example/c/1"},
}  # fmt: skip


LABELS: Mapping[str, list[str]] = {
    "done_empty.md": ["a"], "notion.csv": ["a", "b"], "trello.csv": ["House"], "keep_list.json": ["Home stuff", "Z"],
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_every_note_is_imported_and_the_rest_is_reported(name: str):
    found = items(FILES_OF_OTHERS / name)

    assert contents_of(found) == KEPT[name]
    assert lost_of(found) == LOST.get(name, {})
    first = next((item.entry.labels for item in found if item.entry and item.entry.labels), [])
    assert first == LABELS.get(name, first)


def test_pinned_notes_are_imported_as_pinned(tmp_path: Path):
    files: dict[str, tuple[Any, bool]] = {
        "keep.json": (keep_note(isPinned=True), True),
        "loose.json": (keep_note(isPinned=False), False),
        "memos.json": ({"memos": [{"content": "a", "pinned": True}]}, True),
        "front.md": ("---\npinned: yes\n---\na", True),
        "table.csv": ("title,Pinned\na,yes\n", True),
        "is_table.csv": ("title,is_pinned\na,no\n", False),
        "older_export.csv": ("title,description,done\na,,true\n", False),
    }

    found = {name: items(put(tmp_path, name, content)) for name, (content, _) in files.items()}

    assert {name: [item.entry and item.entry.pinned for item in found[name]] for name in files} == {
        name: [pinned] for name, (_, pinned) in files.items()
    }
    assert [item.lost for items_found in found.values() for item in items_found if item.lost] == []


def test_an_invalid_flag_is_reported(tmp_path: Path):
    odd = {
        "odd.csv": "title,pinned\na,perhaps\n",
        "odd.json": keep_note(isPinned="perhaps"),
    }

    for name, content in odd.items():
        (item,) = items(put(tmp_path, name, content))
        assert item.entry and item.entry.pinned is False
        assert [lost.example for lost in item.lost] == ["perhaps"]


def test_colours_and_the_archive_of_other_programs_are_imported(tmp_path: Path):
    colours = {
        "DEFAULT": "none", "RED": "red", "ORANGE": "orange", "YELLOW": "yellow", "GREEN": "green", "TEAL": "teal",
        "BLUE": "blue", "CERULEAN": "blue", "DARK_BLUE": "blue", "PURPLE": "purple", "PINK": "pink", "BROWN": "brown",
        "GRAY": "grey", "grey": "grey",
    }  # fmt: skip
    files: dict[str, tuple[Any, str, bool]] = {
        **{f"{name}.json": (keep_note(color=name), colour, False) for name, colour in colours.items()},
        "archived.json": (keep_note(isArchived=True, color="TEAL"), "teal", True),
        "front.md": ("---\ncolour: Dark Blue\narchived: yes\npinned: no\n---\na", "blue", True),
        "table.csv": ("title,Color,Archived\na,Gray,no\nb,,\n", "grey", False),
        "own.csv": ('"title","colour","archived","archived_at","origin"\na,red,true,2026-01-31T09:30:00Z,3f9a01bc/7\n',
                    "red", True),
    }  # fmt: skip

    found = {
        name: items(put(tmp_path, name, content), archived=name != "own.csv") for name, (content, *_) in files.items()
    }

    entries = {name: one[0].entry for name, one in found.items()}
    assert {name: entry and (entry.colour, entry.archived) for name, entry in entries.items()} == {
        name: (colour, archived) for name, (_, colour, archived) in files.items()
    }
    assert [item.lost for one in found.values() for item in one if item.lost] == []
    own = found["own.csv"][0].entry
    assert own and own.archived_at and own.archived_at.isoformat() == "2026-01-31T09:30:00+00:00"


def test_an_unknown_colour_is_none_and_reported(tmp_path: Path):
    odd = {
        "odd.csv": "title,color\na,mauve\n",
        "odd.json": keep_note(color="MAUVE"),
        "odd.md": "---\ncolor: mauve\n---\na",
    }

    for name, content in odd.items():
        (item,) = items(put(tmp_path, name, content))
        assert item.entry and item.entry.colour == "none"
        assert [(lost.what, lost.example.lower()) for lost in item.lost] == [("color", "mauve")]
