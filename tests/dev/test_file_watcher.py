"""What a change of a file means to `quart-notes dev`."""

import pytest

from quart_notes.dev.file_watcher import Kind, WatchedFiles


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quart_notes/domain/notes.py", Kind.CODE),
        ("quart_notes/dev/dev.js", None),
        ("quart_notes/domain/__pycache__/notes.cpython-311.pyc", None),
        ("quart_notes/domain/.notes.py.swp", None),
        ("quart_notes/domain/notes.py~", None),
        ("templates/macros/note_card.html", Kind.PAGE),
        ("templates/4913", None),
        ("static/js/main.js", Kind.PAGE),
        ("static/css/style.css", Kind.LOOK),
        ("static/icons/icon.svg", Kind.LOOK),
        ("static/icons/.icon.svg.tmp", None),
        ("quart-notes.toml", Kind.CODE),
        ("other.toml", None),
        ("tests/blueprints/api/test_notes.py", None),
    ],
)
def test_what_a_change_means(tmp_path, name, kind):
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

    assert watched.places() == {True: [package], False: []}
    assert watched.kind(str(package / "templates" / "board.html")) is Kind.PAGE
