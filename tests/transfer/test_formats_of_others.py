"""More formats of other programs and localised spreadsheets: each note is imported, and lost data is reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from quart_notes.transfer.parsed_note import NO_LETTERS, OTHER_BYTES
from tests.support.note_files import contents_of, items, keep_note, lost_of, put

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
        {"Status": "2"},
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
        {"name": "memos/101", "creator": "users/1", "visibility": "PRIVATE"},
    ),
    "memos_of_today.json": (
        {
            "memos": [
                {
                    "name": "memos/Yw3fKq", "state": "NORMAL", "creator": "users/1",
                    "createTime": "2026-01-31T09:30:00Z", "updateTime": "2026-02-01T09:30:00Z",
                    "displayTime": "2026-01-31T09:30:00Z",
                    "content": "# Trip\n\n- [ ] tent\n- [x] stove\n", "visibility": "PUBLIC", "tags": [],
                    "pinned": False, "attachments": [{"name": "attachments/1", "filename": "map.png"}],
                    "relations": [], "reactions": [],
                    "property": {"hasTaskList": True}, "snippet": "Trip", "parent": "", "location": None,
                },
            ],
            "nextPageToken": "abc",
        },
        [(None, "# Trip\n\n- [ ] tent\n- [x] stove\n", False)],
        {
            "name": "memos/Yw3fKq", "creator": "users/1", "visibility": "PUBLIC",
            "attachments": '[{"name": "attachments/1", "filename": "map.png"}]',
        },
    ),
    "memos_of_version_2.json": (
        {
            "memos": [
                {
                    "name": "memos/1", "rowStatus": "ACTIVE", "createTime": "2026-01-31T09:30:00Z",
                    "content": "*a*\r\n\r\n", "nodes": [{"type": "PARAGRAPH"}], "visibility": "PRIVATE",
                    "displayTime": "2026-01-30T09:30:00Z",
                },
            ],
        },
        [(None, "*a*\r\n\r\n", False)],
        {"name": "memos/1", "visibility": "PRIVATE", "displayTime": "2026-01-30T09:30:00Z"},
    ),
    "memos_of_version_1.json": (
        [
            {
                "id": 7, "rowStatus": "NORMAL", "creatorId": 1, "createdTs": 1769851800, "updatedTs": 1769851900,
                "displayTs": 1769851800, "content": "> x\n", "visibility": "PRIVATE", "pinned": False, "parent": None,
                "creatorName": "Ann", "resourceList": [], "relationList": [],
            },
            {"id": 8, "rowStatus": "ARCHIVED", "content": "old", "visibility": "PRIVATE"},
        ],
        [(None, "> x\n", False)],
        {"id": "7", "creatorId": "1", "visibility": "PRIVATE", "creatorName": "Ann"},
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
        {},
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
    "trello_checklists.json": (
        {
            "name": "Board",
            "actions": [{"type": "commentCard", "text": "x" * 1000}] * 1500,
            "cards": [
                {"id": "c1", "name": "Paint", "desc": "**white**", "idChecklists": ["l1", "l2"], "labels": []},
                {"id": "c2", "name": "Move", "desc": "", "idChecklists": ["l3"]},
                {"id": "c3", "name": "Odd", "desc": "", "idChecklists": ["l4"]},
                {"id": "c4", "name": "Gone", "desc": "", "idChecklists": ["l9"]},
            ],
            "checklists": [
                {
                    "id": "l2", "idCard": "c1", "name": "Later", "pos": 32768,
                    "checkItems": [{"name": "second\ncoat", "state": "incomplete", "pos": 1}],
                },
                {
                    "id": "l1", "idCard": "c1", "name": "Checklist", "pos": 16384,
                    "checkItems": [
                        {"name": "brush `2`", "state": "incomplete", "pos": 2},
                        {"name": "tape", "state": "complete", "pos": 1.5},
                    ],
                },
                {
                    "id": "l3", "idCard": "c2", "name": "Checklist", "pos": 1,
                    "checkItems": [{"name": "van", "state": "complete", "pos": 1}],
                },
                {"id": "l4", "idCard": "c3", "name": 5, "checkItems": []},
                "odd",
            ],
        },
        [
            (
                "Paint",
                "**white**\n\n## Checklist\n\n- [x] tape\n- [ ] brush `2`\n\n## Later\n\n- [ ] second coat",
                False,
            ),
            ("Move", "- [x] van", False),
            ("Odd", None, False),
            ("Gone", None, False),
        ],
        {"activity": "commentCard", "checklists": "odd", "idChecklists": "l4"},
    ),
    "trello_cards.json": (
        [{"name": "Paint", "checklists": [{"name": "To buy", "checkItems": [{"name": "brush", "state": "complete"}]}]}],
        [("Paint", "## To buy\n\n- [x] brush", False)],
        {},
    ),
    "ticktick.json": (
        {
            "tasks": [
                {
                    "title": "Shop", "desc": "for Sunday", "status": 0,
                    "items": [
                        {"title": "Milk", "status": 0, "sortOrder": 2}, {"title": "Bread", "status": 1, "sortOrder": 1},
                    ],
                },
                {"title": "Odd", "items": [{"name": "no title"}]},
                {"title": "Far", "items": [{"title": "a", "sortOrder": 10**400}]},
            ]
        },
        [("Shop", "for Sunday\n\n- [x] Bread\n- [ ] Milk", False), ("Odd", None, False), ("Far", None, False)],
        {"items": '[{"name": "no title"}]'},
    ),
    "ticktick_checklist.csv": (
        '"Title","Content","Is Check list"\n"Shop","for Sunday\n▫Milk\n▪Bread\n▫ Salt","Y"\n"Bag","▫Tent▪Stove","Y"\n'
        '"Call","▫ not a list","N"\n"Odd","plain","Y"\n',
        [
            ("Shop", "for Sunday\n\n- [ ] Milk\n- [x] Bread\n- [ ] Salt", False),
            ("Bag", "- [ ] Tent\n- [x] Stove", False),
            ("Call", "▫ not a list", False),
            ("Odd", "plain", False),
        ],
        {"Is Check list": "N"},
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
        {"latitude": "52.5", "due": "2026-02-01 08:00:00Z"},
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
        {},
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
        [("Buy milk", "One\nt**w**o & 3", False)],
        {},
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
            "textContent": "5", "listContent": "5", "attachments": "[{}]",
            "createdTimestampUsec": "x", "reminders": "1",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENTS)
def test_more_formats_of_each_program_are_imported(tmp_path: Path, name: str):
    data, notes, lost = CONTENTS[name]

    found = items(put(tmp_path, name, data))

    assert [item.problem for item in found if item.problem] == []
    assert contents_of(found) == notes
    assert {what: example[:200] for what, example in lost_of(found).items()} == lost
