"""Files as other programs write them: each note comes in, and what has no place in a note is named."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quart_notes.transfer.parsed_note import NO_LETTERS, OTHER_BYTES, ParsedNote
from tests.support.note_files import items, keep_note, packed, put

FILES = Path(__file__).parent / "files_of_others"
YESTERDAY = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def _notes(found: list[ParsedNote]) -> list[tuple[str | None, str | None, bool]]:
    return [(item.entry.title, item.entry.description, item.entry.done) for item in found if item.entry]


def _lost(found: list[ParsedNote]) -> dict[str, str]:
    return {lost.what: lost.example for item in reversed(found) for lost in reversed(item.lost)}


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
    "keep_list.json": [("Shop", "- [ ] Milk & honey\n- [x] Käse 🧀\n\n#Home-stuff #Z", False)],
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
        "Task ID": "1", "Completed At": "2026-01-05", "Section/Column": "Doing", "Assignee": "Ann",
        "Due Date": "2026-01-06", "Projects": "House",
    },
    "done_empty.md": {"tags": "a"},
    "keep_links.json": {"color": "TEAL"},
    "keep_only_a_link.json": {"isArchived": "true"},
    "keep_shared.json": {"shared with": "a@example.org"},
    "md_origin.zip": {"origin": "Ethiopia"},
    "notion.csv": {"Tags": "a, b"},
    "obs_completed_date.md": {"completed": "2024-01-02"},
    "own_origin_spaces.csv": {"origin": "New York"},
    "ticktick.csv": {
        "lines above the names of the columns": "Date: 2026-01-02+0000", "List Name": "Inbox", "Kind": "TEXT",
        "Is Check list": "N", "Priority": "0", "Order": "-1099511627776", "Timezone": "Europe/Berlin",
        "Is Floating": "false", "View Mode": "list", "taskId": "1",
    },
    "trello.csv": {"Card ID": "abc", "Card URL": "https://x.example/c/1", "Labels": "House"},
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_every_note_comes_in_and_the_rest_is_named(name: str):
    found = items(FILES / name)

    assert _notes(found) == KEPT[name]
    assert _lost(found) == LOST.get(name, {})


def test_dates_come_in_as_each_program_writes_them():
    dates = {
        name: [item.entry.created_at for item in items(FILES / name) if item.entry]
        for name in ("asana.csv", "notion.csv", "ticktick.csv", "hugo_toml.md", "notesnook.md", "yaml_comment.md")
    }

    assert dates == {
        "asana.csv": [datetime(2026, 1, 2, tzinfo=UTC)] * 2,
        "notion.csv": [datetime(2026, 1, 31, 9, 30, tzinfo=UTC), datetime(2026, 2, 1, 8, tzinfo=UTC)],
        "ticktick.csv": [datetime(2026, 1, 1, 8, tzinfo=UTC)],
        "hugo_toml.md": [datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)],
        "notesnook.md": [datetime(2024, 1, 1, 1, 23, tzinfo=UTC)],
        "yaml_comment.md": [datetime(2024, 1, 1, tzinfo=UTC)],
    }


def test_what_is_pinned_elsewhere_is_pinned_here(tmp_path: Path):
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


def test_a_flag_that_is_neither_yes_nor_no_is_named(tmp_path: Path):
    odd = {
        "odd.csv": "title,pinned\na,perhaps\n",
        "odd.json": keep_note(isPinned="perhaps"),
    }

    for name, content in odd.items():
        (item,) = items(put(tmp_path, name, content))
        assert item.entry and item.entry.pinned is False
        assert [lost.example for lost in item.lost] == ["perhaps"]


def test_a_takeout_of_any_language_comes_in_without_other_products():
    found = items(FILES / "takeout_de.zip")

    assert [item.left_out for item in found if item.left_out] == ["empty", "trashed"]
    assert [item.problem for item in found if item.problem] == []
    assert {item.name.split("/")[1] for item in found} == {"Google Notizen"}
    titles = [entry.title for item in found if item.entry for entry in (item.entry, *item.more)]
    assert titles == [
        *("Flat, 2 rooms", "Flat hunt", None, "Shop", "long list", "long list (2)", "T" * 199 + "…"),
        *("old", "shared", "str", "epoch"),
    ]


def test_what_is_too_long_for_a_note_goes_on_in_further_ones_and_nothing_is_lost():
    found = {item.name.rpartition("/")[2]: item for item in items(FILES / "takeout_de.zip")}

    text, title = found["long_text.json"], found["long_title.json"]
    pieces = [entry.description or "" for entry in (text.entry, *text.more) if entry]
    assert max(map(len, pieces)) <= 20_000
    lines = "\n".join(pieces).split("\n")
    assert [line.split()[4] for line in lines] == [str(number) for number in range(len(lines))]
    assert title.entry and (title.entry.description or "").endswith("TT\n\nbody of the long title")


def test_a_broken_row_is_named_by_its_line_and_the_rows_before_it_come_in(tmp_path: Path):
    alone = items(FILES / "own_unclosed_quote.csv")
    assert [(item.name, item.problem) for item in alone] == [
        ("own_unclosed_quote.csv: line 2", "a quotation mark is not closed; lines 3 to 4 were not imported either")
    ]

    table = 'title,text\nfirst,"two\nlines"\nsecond,x\n"third,y\n"fourth","z"\nfifth,"last\n'
    *good, fifth = items(put(tmp_path, "x.csv", table))

    assert [item.entry.title if item.entry else item.name for item in good] == ["first", "second", "x.csv: line 5"]
    assert fifth.problem == "a quotation mark is not closed"
    assert fifth.name == "x.csv: line 7"


# More of each program, and of spreadsheets in other countries.

CONTENTS: Mapping[str, tuple[bytes | str | Any, list[tuple[str | None, str | None, bool]], Mapping[str, str]]] = {
    "todoist.csv": (
        "\ufeffTYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"
        "meta,view_style=list,,,,,,,,\n"
        "task,Pay rent,by transfer,4,1,Ann (1),,every 1st,en,Europe/Berlin\n",
        [("Pay rent", "by transfer", False)],
        {
            "settings of the program that wrote the file": "meta view_style=list", "TYPE": "task", "PRIORITY": "4",
            "INDENT": "1", "AUTHOR": "Ann (1)", "due date": "every 1st", "DATE_LANG": "en",
            "TIMEZONE": "Europe/Berlin",
        },
    ),
    "ticktick_done.csv": (
        "Title,Content,Status,Completed Time\nCall,soon,2,2026-01-02T08:00:00+0000\nWait,,0,\n",
        [("Call", "soon", True), ("Wait", None, False)],
        {"Status": "2", "Completed Time": "2026-01-02T08:00:00+0000"},
    ),
    "notion_status.csv": (
        "Name,Status,Checkbox\na,In progress,No\nb,Not started,Yes\n",
        [("a", None, False), ("b", None, True)],
        {"Status": "In progress"},
    ),
    "two_texts.csv": (
        'title,description,notes,comment\na,first,"second\n",\nb,,,only\n',
        [("a", "first\n\nsecond", False), ("b", "only", False)],
        {},
    ),
    "outlook.csv": (
        '"Subject","Start Date","Due Date","Date Completed","% Complete","Notes"\n'
        '"Tax","1/2/2026","","2/3/2026","1","x"\n',
        [("Tax", "x", True)],
        {"Start Date": "1/2/2026", "Date Completed": "2/3/2026", "% Complete": "1"},
    ),
    "bookmarks.csv": ("title,url\nCook,https://cook.example\n", [("Cook", "https://cook.example", False)], {}),
    "german_heads.csv": (
        "Titel;Beschreibung;Erledigt;Erstellt am\r\nMüll;braune, grüne;Ja;31.01.2026 09:30\r\n".encode("cp1252"),
        [("Müll", "braune, grüne", True)],
        {OTHER_BYTES: "Müll"},
    ),
    "french.csv": (
        "Titre;Texte;Terminé\nPain;;VRAI\nLait;;FAUX\n",
        [("Pain", None, True), ("Lait", None, False)],
        {},
    ),
    "japanese.csv": ("\ufeffタイトル,内容,完了\n牛乳,二本,はい\n", [("牛乳", "二本", True)], {}),
    "russian.csv": ("Название\tОписание\tВыполнено\nХлеб\tбелый\tИСТИНА\n", [("Хлеб", "белый", True)], {}),
    "turkish.csv": (
        "Başlık;Açıklama;Tamamlandı\nSüt;iki;DOĞRU\nEkmek;;YANLIŞ\n",
        [("Süt", "iki", True), ("Ekmek", None, False)],
        {},
    ),
    "quoted_separators.csv": (
        '"title","text, with; many, commas, in, it",done\r\na;b;c,x,WAHR\r\n',
        [("a;b;c", None, True)],
        {"text, with; many, commas, in, it": "x"},
    ),
    "sep_tab.csv": ("sep=\t\ntitle\tdone\na, b\tx\n", [("a, b", None, True)], {}),
    "sep_pipe.csv": ('"sep=|"\ntitle|text\na|b\n', [("a", "b", False)], {}),
    "utf16be.csv": ("\ufefftitle;done\nKäse;ja\n".encode("utf-16-be"), [("Käse", None, True)], {}),
    "utf16_without_a_mark.csv": ("title;text\nKäse;Brot\n".encode("utf-16-le"), [("Käse", "Brot", False)], {}),
    "utf16be_without_a_mark.csv": ("title;text\nKäse;Brot\n".encode("utf-16-be"), [("Käse", "Brot", False)], {}),
    "ragged.csv": (
        "title,done\na,yes,more\nb\n",
        [("a", None, True), ("b", None, False)],
        {"cells in a column without a name": "more"},
    ),
    "odd_done.csv": ("title,done\na,perhaps\n", [("a", None, False)], {"done": "perhaps"}),
    "archived.csv": ("title,archived\na,false\nb,true\n", [("a", None, False)], {}),
    "memos.json": (
        {
            "memos": [
                {
                    "name": "memos/101",
                    "state": "NORMAL",
                    "creator": "users/1",
                    "createTime": "2026-01-31T09:30:00Z",
                    "content": "Buy *milk*\n#home",
                    "visibility": "PRIVATE",
                    "tags": ["home"],
                    "pinned": True,
                    "resources": [],
                },
                {"name": "memos/102", "state": "ARCHIVED", "content": "old"},
            ],
            "nextPageToken": "",
        },
        [(None, "Buy *milk*\n#home", False)],
        {"name": "memos/101", "creator": "users/1", "visibility": "PRIVATE", "tags": "home"},
    ),
    "memos_of_old.json": (
        {"data": [{"id": 7, "rowStatus": "NORMAL", "createdTs": 1769851800, "content": "x", "pinned": False}]},
        [(None, "x", False)],
        {"id": "7"},
    ),
    "google_tasks.json": (
        {
            "kind": "tasks#taskLists",
            "items": [
                {
                    "title": "My list",
                    "items": [
                        {"title": "Milk", "notes": "two", "status": "completed", "completed": "2026-01-31T09:30:00Z"},
                        {"title": "Salt", "status": "needsAction"},
                    ],
                }
            ],
        },
        [("Milk", "two", True), ("Salt", None, False)],
        {"completed": "2026-01-31T09:30:00Z"},
    ),
    "simplenote.json": (
        {
            "activeNotes": [{"id": "a1", "content": "one", "creationDate": "2026-01-31T09:30:00.000Z"}],
            "trashedNotes": [{"id": "b2", "content": "gone"}],
        },
        [(None, "one", False)],
        {"id": "a1"},
    ),
    "trello.json": (
        {"name": "Board", "lists": [{"name": "To do"}], "cards": [{"name": "Paint", "desc": "white", "closed": False}]},
        [("Paint", "white", False)],
        {},
    ),
    "odd_values.json": (
        [{"title": 5, "done": "yes", "created_at": "yesterday", "origin": "with a space", "version": "2 b"}],
        [("5", None, True)],
        {"created_at": "yesterday", "origin": "with a space", "version": "2 b"},
    ),
    "joplin.md": (
        "---\ntitle: Trip\nupdated: 2026-01-31 10:00:00Z\ncreated: 2026-01-31 09:30:00Z\nlatitude: 52.5\n"
        "completed?: no\n"
        "due: 2026-02-01 08:00:00Z\ntags:\n  - travel\n  - fun\n---\n\nPack.\n",
        [("Trip", "Pack.", False)],
        {"latitude": "52.5", "due": "2026-02-01 08:00:00Z", "tags": "travel, fun"},
    ),
    "obsidian.md": (
        '---\naliases: [one, "two, too"]\ncssclasses:\n  - wide\npublish: true\nrelated: "[[Other]]"\n'
        "---\n# Real title\n\nText",
        [("Real title", "Text", False)],
        {"aliases": "one, two, too", "cssclasses": "wide", "publish": "true", "related": "[[Other]]"},
    ),
    "colon.md": (
        "---\ntitle: Soup: the best\ntags: [a\n---\nStir",
        [("Soup: the best", "Stir", False)],
        {"tags": "[a"},
    ),
    "jekyll.md": (
        "---\nlayout: post\ntitle:  'It''s'\ndate:   2026-01-31 09:30:00 +0000\ncategories: a b\n---\nText",
        [("It's", "Text", False)],
        {"layout": "post", "categories": "a b"},
    ),
    "literal.md": (
        "---\ntitle: |\n  Two\n  lines\ndescription: >\n  folded\n  text\n---\nBody",
        [("Two lines", "folded text\n\nBody", False)],
        {},
    ),
    "null.md": ('---\ntitle: ~\ndone: null\nstatus: "null"\n---\nx', [("null", "x", False)], {"status": "null"}),
    "tabs.md": ("---\ntitle:\tTabbed\nmore:\n\t- a\n---\nx", [("Tabbed", "x", False)], {"more": "a"}),
    "lines_across.md": ("---\nonly text\n---\nmore", [("lines_across", "---\nonly text\n---\nmore", False)], {}),
    "odd_dates.md": (
        "---\ndate: Tuesday\nupdated: 31/13/2026\n---\nx",
        [("odd_dates", "x", False)],
        {"date": "Tuesday", "updated": "31/13/2026"},
    ),
    "toml.md": (
        '+++\ntitle = "T"\ndraft = true\n[extra]\nmood = "good"\n+++\nbody',
        [("T", "body", False)],
        {"draft": "true", "extra": '{"mood": "good"}'},
    ),
    "bad_toml.md": ("+++\ntitle = T\n+++\nbody", [("bad_toml", "+++\ntitle = T\n+++\nbody", False)], {}),
    "utf16.md": ("\ufeff# Titel\n\nKäse".encode("utf-16-le"), [("Titel", "Käse", False)], {}),
    "latin.csv": (
        "Título;Texto;Está\nAção;çé;à\n".encode("cp1252"),
        [("Ação", "çé", False)],
        {OTHER_BYTES: "Ação", "Está": "à"},
    ),
    "simplenote_markdown.json": (
        {"activeNotes": [{"content": "# One\r\ntwo", "markdown": True}]},
        [(None, "# One\r\ntwo", False)],
        {"markdown": "true"},
    ),
    "latin.md": ("# Café".encode("latin-1"), [("Café", None, False)], {OTHER_BYTES: "Café"}),
    "nul.md": ("# a\0b", [("a\ufffdb", None, False)], {NO_LETTERS: "a\ufffdb"}),
    "keep_html.json": (
        {
            k: v
            for k, v in keep_note(textContentHtml="<p>One</p><p>t<b>w</b>o &amp; 3</p>").items()
            if k != "textContent"
        },
        [("Buy milk", "One\ntwo & 3", False)],
        {"formatting": "b"},
    ),
    "keep_seen_link.json": (
        keep_note(textContent="see https://a.example/x", annotations=[{"url": "https://a.example/x", "title": "A"}]),
        [("Buy milk", "see https://a.example/x", False)],
        {},
    ),
    "keep_odd.json": (
        keep_note(
            textContent=5, listContent=[5], labels=["Home"], attachments=[{}], createdTimestampUsec="x", reminders=[1]
        ),
        [("Buy milk", None, False)],
        {
            "textContent": "5", "listContent": "5", "labels": "Home", "attachments": "[{}]",
            "createdTimestampUsec": "x", "reminders": "1",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENTS)
def test_more_of_each_program_comes_in_too(tmp_path: Path, name: str):
    data, notes, lost = CONTENTS[name]

    found = items(put(tmp_path, name, data))

    assert [item.problem for item in found if item.problem] == []
    assert _notes(found) == notes
    assert {what: example[:200] for what, example in _lost(found).items()} == lost


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T09:30:00Z", "2026-01-31t09:30:00z", "2026-01-31 10:30:00+01:00", "2026-01-31 09:30",
        "20260131T093000Z", "2026-01-31T10:30:00+0100", "2026-01-31 09:30:00 UTC", "2026-01-31 10:30:00 +0100",
        "January 31, 2026 9:30 AM", "@January 31, 2026 9:30 AM", "Jan 31, 2026, 9:30:00\u202fAM",
        "Jan 31st, 2026 at 9:30 am", "31 January 2026 09:30", "31.01.2026 09:30", "31.1.2026, 09:30:00",
        "31-01-2026 09:30 AM", "31/01/2026 09:30", "1/31/2026 9:30 AM", "2026/01/31 09:30:00",
        "Sat, 31 Jan 2026 09:30:00 GMT", "1769851800", "1769851800000", "1769851800000000",
    ],
)  # fmt: skip
def test_a_date_is_known_however_it_is_written(tmp_path: Path, written: str):
    (item,) = items(put(tmp_path, "x.json", [{"title": "a", "created": written}]))

    assert item.entry and item.entry.created_at == YESTERDAY
    assert not item.lost


@pytest.mark.parametrize(
    "written", ["1/2/2026", "2/1/2026 10:30", "Tuesday", "32.01.2026", "0", "99999999999999999", "5"]
)
def test_what_could_be_two_dates_or_none_is_named(tmp_path: Path, written: str):
    (item,) = items(put(tmp_path, "x.json", [{"title": "a", "created": written}]))

    assert item.entry and item.entry.created_at is None
    assert [tuple(one) for one in item.lost] == [("created", written)]


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
def test_front_matter_that_means_harm_costs_itself_alone(tmp_path: Path, front: str):
    (item,) = items(put(tmp_path, "a.md", f"---\n{front}\ntitle: Kept\n---\nbody"))

    assert item.entry, item.problem
    assert "body" in ((item.more[-1] if item.more else item.entry).description or "")
    assert item.entry.title in {"Kept", "a"}


def test_files_of_another_kind_beside_the_notes_are_named(tmp_path: Path):
    found = items(put(tmp_path, "vault.zip", packed({"a.md": "# A", "deep/photo.png": "x"})))

    assert _lost(found) == {"files of another kind": "deep/photo.png"}


def test_notes_of_keep_that_were_put_aside_are_left_out_by_their_reason(tmp_path: Path):
    notes = {"a": keep_note(isArchived=True), "b": keep_note(isTrashed=True), "c": keep_note(title="", textContent="")}
    zipped = packed({f"Takeout/Keep/{name}.json": json.dumps(note) for name, note in notes.items()})

    assert [item.left_out for item in items(put(tmp_path, "x.zip", zipped))] == ["archived", "trashed", "empty"]
