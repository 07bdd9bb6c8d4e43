"""Descriptions are parsed before a transaction begins: all writers wait for one that is open."""

from typing import Any

import pytest

from quart_notes.domain import imports, notes
from quart_notes.domain.imports import Imports
from quart_notes.domain.notes import Notes
from quart_notes.domain.text.markdown import Formatted, format_text
from quart_notes.live.writer import Change, Committed
from quart_notes.schemas import ImportedNote, NoteCreate, NoteUpdate
from tests.support.accounts_app import House


class _Watch:
    """Where descriptions are parsed.

    parsed   each of them, and whether a transaction was open
    """

    def __init__(self, house: House, patch: pytest.MonkeyPatch) -> None:
        self.parsed: list[tuple[str | None, bool]] = []
        self._writer = house.core.writer
        self._open = False
        for module in (notes, imports):
            patch.setattr(module, "format_text", self._format)

    def _format(self, text: str | None) -> Formatted:
        self.parsed.append((text, self._open))
        return format_text(text)

    async def write(self, work: Any, by: int | None = None) -> Committed[Any]:
        """The writer."""

        async def watched(change: Change) -> Any:
            self._open = True
            try:
                return await work(change)
            finally:
                self._open = False

        return await self._writer(watched, by)


async def test_the_description_of_a_note_is_parsed_before_the_transaction(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    board = await house.board(ada="owner")
    watch = _Watch(house, monkeypatch)
    service = Notes(house.core.database, house.core.log, watch.write)
    ada = house.caller("ada")

    added = (await service.add(ada, board, NoteCreate(description="*tea*"))).result
    changed = (await service.change(ada, board, added.id, NoteUpdate(description="- [x] milk"))).result

    assert watch.parsed == [("*tea*", False), ("- [x] milk", False)]
    assert added.content == format_text("*tea*").content
    assert (changed.content, changed.tasks) == (format_text("- [x] milk").content, {"done": 1, "total": 1})


async def test_imported_descriptions_are_parsed_before_the_transaction_and_those_of_a_dry_run_never(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    board = await house.board(ada="owner")
    watch = _Watch(house, monkeypatch)
    service = Imports(house.core.database, house.core.log, watch.write)
    entries = [(ImportedNote(description=text), text) for text in ("*tea*", "milk")]

    tried = (await service.import_offline(house.caller("ada"), board, entries, dry_run=True)).result
    assert (tried, watch.parsed) == (2, [])

    created = (await service.import_offline(house.caller("ada"), board, entries, dry_run=False)).result

    assert created == 2
    assert watch.parsed == [("*tea*", False), ("milk", False)]


async def test_a_description_that_becomes_plain_leaves_no_tree(house: House):
    board = await house.board(ada="owner")
    ada = house.caller("ada")
    added = (await house.core.notes.add(ada, board, NoteCreate(title="tea", description="- [ ] *tea*"))).result

    for plain in ("tea", None):
        await house.core.notes.change(ada, board, added.id, NoteUpdate(description="- [ ] *tea*"))
        await house.core.notes.change(ada, board, added.id, NoteUpdate(description=plain))
        stored, _ = await house.core.notes.get(ada, board, added.id)

        assert added.content is not None
        assert (stored.description, stored.content, stored.tasks) == (plain, None, {"done": 0, "total": 0})
