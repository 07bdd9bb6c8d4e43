"""Notes as Markdown files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.schemas import ImportOptions, is_blank
from quart_notes.transfer.markdown_format import note
from tests.support.note_files import entries, only, packed, problem_of, put


@pytest.mark.parametrize(
    ("text", "title", "description"),
    [
        ("# Buy milk\n\nTwo litres.\n", "Buy milk", "Two litres."),
        ("# Buy milk #\r\nTwo\r\nlitres.\r\n", "Buy milk", "Two\r\nlitres."),
        ("Two litres.", "groceries", "Two litres."),
        ("## Smaller\ntext", "groceries", "## Smaller\ntext"),
        ("#hashtag", "groceries", "#hashtag"),
        ("", "groceries", None),
        ("---\ntitle: Buy milk\ntags: [a, b]\nlist:\n  - x\n---\nTwo litres.", "Buy milk", "Two litres."),
        ("---\r\ntitle: 'Tim''s'\r\n---\r\n# Heading\r\n", "Tim's", "# Heading"),
        ('---\ntitle: "a\\u00e9: b"\n---\n', "aé: b", None),
        ("---\nTitle: Buy milk\n...\nTwo litres.", "Buy milk", "Two litres."),
        ("\ufeff# Buy milk", "Buy milk", None),
        ("---\nno end", "groceries", "---\nno end"),
        ('---\ntitle: "unclosed\n---\nx', '"unclosed', "x"),
        ("# C#\n\nx\n", "C#", "x"),
        ("\n \r\n  # a # b ##  \r\nx", "a # b", "x"),
        ("    # code", "groceries", "    # code"),
        ("#\tTab", "Tab", None),
        ("# ##\nx", "groceries", "x"),
        ("---\n# Heading between rules\n---\nx", "groceries", "---\n# Heading between rules\n---\nx"),
        ("---\n\n---\nx", "groceries", "x"),
        # An empty line before the text and the end of its last line are no part of it; everything else is.
        ("---\ntitle: a\n---\n\n\n  x  \n\ty\r\n\r\n```\n\n```\n\n\n", "a", "\n  x  \n\ty\r\n\r\n```\n\n```\n\n"),
        ("# a\r\n\r\n\r\nx\r\n\r\n", "a", "\r\nx\r\n"),
        ("x\r", "groceries", "x\r"),
        ("- [ ] milk\n- [x] bread\n", "groceries", "- [ ] milk\n- [x] bread"),
    ],
)
def test_a_markdown_file_is_a_note(tmp_path: Path, text: str, title: str, description: str | None):
    entry = only(put(tmp_path, "groceries.md", text))

    assert (entry.title, entry.description, entry.done) == (title, description, False)


some = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=50)
nasty = st.lists(
    st.sampled_from(
        ["---\n", "+++\n", "\r\n", "\n", "\t", "  ", "a: b\n", "```\n", "# a", "\u2028", "\x85", "- [ ] x\n"]
    )
    | some
).map("".join)


# A return before the file's last line feed would be a part of that line end.
@given(text=nasty.filter(lambda text: not is_blank(text) and not text.endswith("\r")))
def test_the_text_after_front_matter_is_kept_as_it_is(text: str):
    content = f"---\ntitle: A\n---\n\n{text}\n"

    found = note("a.md", "a", content, ImportOptions())

    assert found.entry and (found.entry.title, found.entry.description) == ("A", text)
    assert found.lost == []


@pytest.mark.parametrize(
    "line", ["# a" + " " * 100_000 + "b", "# " + "# " * 100_000 + "b", "#" * 100_000, " \n" * 100_000]
)
def test_a_long_heading_is_read_without_delay(line: str):
    """Linear: reading that is quadratic takes minutes for the largest file."""
    assert note("a.md", "a", line, ImportOptions()).problem is None


def test_front_matter_sets_the_fields_of_a_note(tmp_path: Path):
    path = put(tmp_path, "a.md", "---\ndone: true\ncreated: 2026-01-31\n---\ntext")

    entry = only(path)

    assert (entry.title, entry.done, entry.created_at) == ("a", True, datetime(2026, 1, 31, tzinfo=UTC))


def test_a_too_long_markdown_file_is_reported(tmp_path: Path):
    assert "larger than a note can be" in problem_of(put(tmp_path, "a.md", b"x" * ((1 << 20) + 1)))


def test_a_folder_and_a_zip_of_markdown_files_give_the_same_notes(tmp_path: Path):
    folder = tmp_path / "notes"
    (folder / "inner").mkdir(parents=True)
    files = {"a.md": "# A\n", "b.markdown": "text", "inner/c.MD": "c", "inner/.d.md": "hidden", "picture.png": "x"}
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "link.md").symlink_to("/etc/hostname")

    from_folder = entries(folder)
    from_zip = entries(put(tmp_path, "notes.zip", packed({**files, "__MACOSX/a.md": "rubbish", "empty/": ""})))

    assert [item.entry for item in from_folder] == [item.entry for item in from_zip]
    assert [item.name for item in from_folder] == ["a.md", "b.markdown", "inner/c.MD"]
