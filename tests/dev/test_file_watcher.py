"""How `quart-notes dev` handles a changed file."""

import pytest

from quart_notes.dev.file_watcher import ChangeKind, WatchedFiles


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quart_notes/domain/notes.py", ChangeKind.CODE),
        ("quart_notes/dev/dev.js", None),
        ("quart_notes/domain/__pycache__/notes.cpython-311.pyc", None),
        ("quart_notes/domain/.notes.py.swp", None),
        ("quart_notes/domain/notes.py~", None),
        ("templates/macros/note_card.html", ChangeKind.PAGE),
        ("templates/4913", None),
        ("static/js/main.js", ChangeKind.PAGE),
        ("static/css/style.css", ChangeKind.STYLE),
        ("static/icons/icon.svg", ChangeKind.STYLE),
        ("static/icons/.icon.svg.tmp", None),
        ("quart-notes.toml", ChangeKind.CODE),
        ("other.toml", None),
        ("tests/blueprints/api/test_notes.py", None),
    ],
)
def test_a_changed_path_has_a_kind(tmp_path, name, kind):
    watched = WatchedFiles(
        tmp_path / "quart_notes",
        tmp_path / "templates",
        tmp_path / "static",
        frozenset({tmp_path / "quart-notes.toml"}),
    )

    assert watched.kind(str(tmp_path / name)) is kind


def test_an_installed_package_is_watched_once(tmp_path):
    package = tmp_path / "quart_notes"
    watched = WatchedFiles(
        package, package / "templates", package / "static", frozenset({tmp_path / "gone" / "x.toml"})
    )

    assert watched.folders() == {True: [package], False: []}
    assert watched.kind(str(package / "templates" / "board.html")) is ChangeKind.PAGE
