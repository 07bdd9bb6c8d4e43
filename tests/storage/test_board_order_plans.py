"""The order of a board's page and the neighbours of a rank are read from indexes, on both databases."""

from pathlib import Path
from typing import Any

import pytest

from quart_notes.domain.notes import matching_notes
from quart_notes.domain.order.board_pages import done_notes, open_notes
from quart_notes.domain.order.note_moves import FIRST, LAST, NEXT, PREVIOUS
from quart_notes.domain.order.note_rows import COLUMNS
from quart_notes.live.writer import Change
from quart_notes.schemas import NoteFilter
from quart_notes.schemas.ranks import initial_rank
from tests.support.servers.both_databases import KINDS, Kind, url_of
from tests.support.servers.in_process import opened

COUNT = 20_000
FILL = """
    INSERT INTO note (id, board_id, title, done, pinned, version, created_at, updated_at, done_at, search_text)
    SELECT n, 1, 'note', n % 10 = 0, n % 1000 = 0, 1, {now}, {now}, CASE WHEN n % 10 = 0 THEN {now} END, 'note'
    FROM {numbers}
"""
FILL_LABELS = """
    INSERT INTO label (board_id, name, name_key) SELECT 1, 'label ' || n, 'label ' || n FROM {numbers} WHERE n <= 1000
"""
FILL_NOTE_LABELS = """
    INSERT INTO note_label (label_id, note_id)
    SELECT label.id, n FROM {numbers} JOIN label ON label.name = 'label ' || (1 + n % 1000)
"""
NUMBERS = {
    "sqlite": f"(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {COUNT}) SELECT n FROM c)",
    "postgres": f"generate_series(1, {COUNT}) AS g (n)",
}
NOW = {"sqlite": "'2026-01-01 00:00:00+00:00'", "postgres": "now()"}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}
READS_ALL = ("TEMP B-TREE", "Sort  ", "Seq Scan", "SCAN note")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_page_and_a_neighbour_are_read_from_an_index(kind: Kind, tmp_path: Path):
    async with opened(tmp_path, database_url=url_of(kind, tmp_path)) as core:

        async def fill(change: Change) -> None:
            await change.connection.execute_query(FILL.format(now=NOW[kind], numbers=NUMBERS[kind]))
            for query in (FILL_LABELS, FILL_NOTE_LABELS):
                await change.connection.execute_query(query.format(numbers=NUMBERS[kind]))
            if kind == "postgres":
                await change.connection.execute_query("ANALYZE note, label, note_label")

        async def plan(connection: Any, query: str, *values: Any) -> str:
            _, rows = await connection.execute_query(EXPLAIN[kind] + query, list(values))
            return "\n".join(str(row["detail" if kind == "sqlite" else "QUERY PLAN"]) for row in rows)

        await core.writer(fill)
        async with core.database.snapshot() as connection:
            notes = matching_notes(connection, 1, None)
            plans = [
                (index, await plan(connection, query.limit(100).values(*COLUMNS).sql(params_inline=True)))
                for index, query in (("note_open", open_notes(notes)), ("note_done", done_notes(notes)))
            ]
            plans += [("note_open", await plan(connection, query, 1, 5)) for query in (FIRST, LAST)]
            plans += [
                ("note_moved", await plan(connection, query, 1, 5, initial_rank(9))) for query in (NEXT, PREVIOUS)
            ]
            counts = [
                await plan(connection, query.count().sql(params_inline=True))
                for query in (open_notes(notes), done_notes(notes))
            ]
            labelled = matching_notes(connection, 1, None, NoteFilter(label=["label 7"]))
            with_label = [
                await plan(connection, query.sql(params_inline=True), 1, "label 7")
                for query in (open_notes(labelled).limit(100).values(*COLUMNS), labelled.order_by("id").values("id"))
            ]
            all_of_them = await plan(connection, open_notes(notes, "title").values("id").sql(params_inline=True))
    for index, found in plans:
        assert index in found, found
        assert not any(word in found for word in READS_ALL), found
    for found in with_label:
        assert not any(word in found for word in ("Seq Scan", "SCAN note_label", "SCAN label", "SCAN note\n")), found
    assert kind == "postgres" or all("USING COVERING INDEX" in found for found in counts), counts
    assert any(word in all_of_them for word in READS_ALL), "the test sees what reads all"
