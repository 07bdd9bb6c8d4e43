"""Notes of Google Keep, from Google Takeout."""

import html
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quart_notes.domain.text.markdown import format_text
from tests.support.note_files import FILES_OF_OTHERS, items, keep_note, lost_of, only, packed, problem_of, put, takeout


def test_takeout_is_imported_without_archived_and_trashed_notes(tmp_path: Path):
    found = items(put(tmp_path, "takeout.zip", takeout()))

    assert [item.problem for item in found] == [None] * 4
    assert [item.name for item in found if item.entry is None] == ["Takeout/Keep/Old.json", "Takeout/Keep/Gone.json"]
    milk, shopping = (item.entry for item in found if item.entry)
    assert milk.created_at == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)
    assert milk.updated_at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert (milk.title, milk.description, milk.done) == ("Buy milk", "Two litres.", False)
    assert shopping.title == "Shopping"
    assert shopping.description == "- [x] Bread\n- [ ] Salt\n\nAttachment: photo.png"
    assert shopping.labels == ["Home", "On the way"]


@pytest.mark.parametrize(("options", "titles"), [({"archived": True}, {"Old"}), ({"trashed": True}, {"Gone"})])
def test_archived_and_trashed_notes_are_imported_on_request(tmp_path: Path, options: Any, titles: set[str]):
    found = items(put(tmp_path, "takeout.zip", takeout()), **options)

    assert {item.entry.title for item in found if item.entry} == {"Buy milk", "Shopping"} | titles


def test_notes_of_keep_are_recognised_without_their_folder(tmp_path: Path):
    assert only(put(tmp_path, "Milk.json", keep_note())).title == "Buy milk"


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ({"title": "no note"}, "not a note of Google Keep"), ([], "not a note of Google Keep"),
        ("[" * 5000, "nested deeper"), ("nonsense", "It is not JSON"), (b"\xff", "not UTF-8"),
        ('{"textContent": "\\u0000"}', "cannot be stored"), (b" " * (1 << 20) + b"{}", "larger than a note can be"),
    ],
)  # fmt: skip
def test_a_bad_note_of_keep_is_reported_with_its_reason(tmp_path: Path, note: Any, reason: str):
    assert reason in problem_of(put(tmp_path, "x.json", note), format="keep")


def test_a_takeout_in_any_language_is_imported_without_other_products():
    found = items(FILES_OF_OTHERS / "takeout_de.zip")

    assert [item.left_out for item in found if item.left_out] == ["empty", "trashed"]
    assert [item.problem for item in found if item.problem] == []
    assert {item.name.split("/")[1] for item in found} == {"Google Notizen"}
    titles = [entry.title for item in found if item.entry for entry in (item.entry, *item.more)]
    assert titles == [
        *("Flat, 2 rooms", "Flat hunt", None, "Shop", "long list", "long list (2)", "T" * 199 + "…"),
        *("old", "shared", "str", "epoch"),
    ]


def test_a_too_long_note_is_split_into_several_without_loss():
    found = {item.name.rpartition("/")[2]: item for item in items(FILES_OF_OTHERS / "takeout_de.zip")}

    text, title = found["long_text.json"], found["long_title.json"]
    pieces = [entry.description or "" for entry in (text.entry, *text.more) if entry]
    assert max(map(len, pieces)) <= 20_000
    lines = "\n".join(pieces).split("\n")
    assert [line.split()[4] for line in lines] == [str(number) for number in range(len(lines))]
    assert title.entry and (title.entry.description or "").endswith("TT\n\nbody of the long title")


def test_left_out_notes_of_keep_have_a_reason(tmp_path: Path):
    notes = {"a": keep_note(isArchived=True), "b": keep_note(isTrashed=True), "c": keep_note(title="", textContent="")}
    zipped = packed({f"Takeout/Keep/{name}.json": json.dumps(note) for name, note in notes.items()})

    assert [item.left_out for item in items(put(tmp_path, "x.zip", zipped))] == ["archived", "trashed", "empty"]


def _styled(text: str, *styles: str) -> str:
    return f'<p dir="ltr"><span style="font-weight:400;{";".join(styles)};white-space:pre-wrap;">{text}</span></p>'


BOLD = "font-weight:700"
PLAIN = "Shopping *now*\n# a\n- milk\n1986. x\\_y <b> &amp;"
TEXTS: dict[str, tuple[dict[str, Any], str | None, dict[str, str]]] = {
    "without HTML": ({"textContent": PLAIN}, PLAIN, {}),
    "without formatting": (
        {"textContent": PLAIN, "textContentHtml": _styled(html.escape(PLAIN))},
        PLAIN,
        {},
    ),
    "formatted": (
        {"textContent": "T\n2 * 3 *x*", "textContentHtml": f"<h2>T</h2>{_styled('2 * 3 ')}{_styled('*x*', BOLD)}"},
        "## T\n2 * 3\n**\\*x\\***",
        {},
    ),
    "HTML alone": ({"textContent": "", "textContentHtml": _styled("a &amp; *b*")}, "a & *b*", {}),
    "HTML that says less": (
        {"textContent": "one two", "textContentHtml": _styled("one", BOLD)},
        "one two",
        {"formatting": "of another text"},
    ),
    "underlined": (
        {"textContent": "one", "textContentHtml": _styled("one", "text-decoration:underline")},
        "one",
        {"formatting": "underline"},
    ),
    "HTML that is no text": ({"textContent": "one", "textContentHtml": 5}, "one", {"textContentHtml": "5"}),
    "links in the text": (
        {
            "textContent": "see here https://b.example",
            "textContentHtml": 'see <a href="https://a.example">here</a> https://b.example',
            "annotations": [{"url": url, "title": "A *page*"} for url in ("https://a.example", "https://c.example")],
        },
        "see [here](https://a.example) https://b.example\n\nA \\*page\\*: https://c.example",
        {},
    ),
    "list": (
        {
            "textContent": "",
            "listContent": [
                {"text": "Milk &amp; honey", "isChecked": True, "textHtml": _styled("Milk &amp; honey")},
                {"text": "2 * 3 *x*", "isChecked": False},
                {"text": "bold &lt;b", "isChecked": False, "textHtml": _styled("bold", BOLD) + _styled("&lt;b")},
                {"text": "heading", "isChecked": False, "textHtml": "<h1>heading</h1>"},
                {"text": "", "isChecked": True},
            ],
        },
        "- [x] Milk & honey\n- [ ] 2 * 3 *x*\n- [ ] **bold**\n  \\<b\n- [ ] heading",
        {},
    ),
    "list with underlined items": (
        {
            "textContent": "",
            "listContent": [{"text": one, "isChecked": False, "textHtml": f"<u>{one}</u><hr>"} for one in "ab"],
        },
        "- [ ] a\n- [ ] b",
        {"formatting": "hr, u"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_keep_becomes_markdown(tmp_path: Path, name: str):
    fields, text, lost = TEXTS[name]

    found = items(put(tmp_path, "x.json", keep_note(**fields)))

    assert [item.entry and item.entry.description for item in found] == [text]
    assert lost_of(found) == lost


def test_a_list_of_keep_is_tasks_with_their_ticks(tmp_path: Path):
    lines = [{"text": f"*{n}* # {n}", "isChecked": n % 3 == 0} for n in range(50)]

    entry = only(put(tmp_path, "x.json", keep_note(textContent="", listContent=lines)))

    tasks = format_text(entry.description).tasks
    assert [(task.line, task.done) for task in tasks] == [(n + 1, n % 3 == 0) for n in range(50)]
    assert entry.done is False


def test_a_formatted_text_that_is_too_long_is_split_as_markdown(tmp_path: Path):
    lines = [f"line {n} {'x' * 100}" for n in range(400)]
    formatted = "".join(_styled(line, BOLD) for line in lines)

    (item,) = items(put(tmp_path, "x.json", keep_note(textContent="\n".join(lines), textContentHtml=formatted)))

    texts = [entry.description or "" for entry in (item.entry, *item.more) if entry]
    assert len(texts) > 1
    assert "\n".join(texts) == "\n".join(f"**{line}**" for line in lines)
