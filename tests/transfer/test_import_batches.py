"""An import is split into batches, and each of its entries has an origin."""

from datetime import UTC, datetime
from pathlib import Path

from quart_notes.schemas import ImportedNote
from quart_notes.transfer.import_batches import OriginNamer
from tests.support.note_files import batches, put

NOW = datetime(2026, 1, 31, 9, 30, 0, 1, UTC)


def test_the_same_file_gives_the_same_origins_and_equal_notes_are_distinct():
    def names() -> list[str | None]:
        origins = OriginNamer()
        entries = [
            ImportedNote(title="a"),
            ImportedNote(title="a"),
            ImportedNote(title="a", done=True),
            ImportedNote(description="a"),
        ]
        return [origins.of(entry) for entry in [*entries, ImportedNote(title="a", created_at=NOW)]]

    first = names()

    assert first == names()
    assert len(set(first)) == 5
    assert [str(name)[-2:] for name in first] == ["#1", "#2", "#1", "#1", "#1"]
    assert all(len(str(name)) <= 100 for name in first)


def test_a_repeated_origin_in_a_file_counts_once(tmp_path: Path):
    path = put(tmp_path, "x.json", [{"title": "a", "origin": "3f9a01bc/1"}, {"title": "b", "origin": "3f9a01bc/1"}])

    (batch,) = batches(path)

    assert [origin for _, origin in batch.entries] == ["3f9a01bc/1"]
    assert (batch.known, batch.done) == (1, 2)


def test_batches_are_limited_by_number_and_by_size(tmp_path: Path):
    many = put(tmp_path, "a.json", [{"title": "a"}] * 250)
    long = put(tmp_path, "b.json", [{"description": "x" * 20_000}] * 20)

    assert [batch.done for batch in batches(many)] == [100, 100, 50]
    assert max(len(batch.entries) for batch in batches(long)) <= 7
