"""The assistant's answers: messages that are created with the question and grow."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.access import Caller
from quart_notes.domain.assistant.context import collect
from quart_notes.domain.assistant.prompt import Context
from quart_notes.domain.message_queries import (
    TEXT_COLUMNS,
    UNFINISHED,
    message_out,
    record_message_event,
    request_work,
    require_asker,
    require_visible_message,
    save,
    set_text,
)
from quart_notes.domain.rooms.access import require_unarchived, require_writer
from quart_notes.domain.rooms.rooms import require_room, room_of, topics
from quart_notes.domain.service import Service, transactional
from quart_notes.domain.text.markdown import format_message
from quart_notes.errors import NotFoundError, NotNowError
from quart_notes.live import events
from quart_notes.live.writer import Change
from quart_notes.models import Message
from quart_notes.schemas import ANSWER_ERROR_MAX, MessageOut, RoomOut

MAX_WAITING = 200  # unfinished answers
MAX_WAITING_EACH = 20  # unfinished answers of one user, and of all guests together
TOO_MANY = "Too many questions are waiting for an answer; ask again in a while."
RESTARTED = "The server was restarted before the answer was whole."
YIELD_PAUSE = 0.05  # seconds between two chunks of a deletion, for other writes
# Plain SQL, with the states as in the index of unfinished answers: with parameters, the index would not be used.
UNFINISHED_SQL = "SELECT id, asker_id, answer_state FROM message WHERE answer_state IN ('waiting', 'writing') LIMIT ?1"


class PendingAnswer(NamedTuple):
    """The work on an answer: its version, and what it may know; None when the question is deleted."""

    version: int
    context: Context | None


class Answers(Service):
    """All answers of the assistant.

    The process that writes an answer names its version. It can go on only while nobody else has changed the answer, for
    example stopped it.
    """

    async def pending(self, answer_id: int) -> PendingAnswer | None:
        """The work on an answer; None when there is nothing to answer any more."""
        async with self._database.snapshot() as connection:
            answer = await _unfinished(connection, answer_id)
            return None if answer is None else PendingAnswer(answer.version, await collect(connection, answer))

    @transactional
    async def update_text(self, change: Change, answer_id: int, version: int, text: str) -> int | None:
        """Update the text of an answer; returns its new version, or None when it was stopped."""
        answer = await _unfinished(change.connection, answer_id, version)
        if answer is None:
            return None
        set_text(answer, text, format_message(text))
        answer.answer_state = "writing"
        return (await save(change, "update", answer, *TEXT_COLUMNS, "answer_state")).version

    @transactional
    async def finish(self, change: Change, answer_id: int, version: int, text: str, error: str | None) -> None:
        """Mark an answer as done, or as failed with `error`; do nothing when it was stopped before."""
        answer = await _unfinished(change.connection, answer_id, version)
        if answer is not None:
            set_text(answer, text, format_message(text))
            await _finish(change, answer, error)

    async def compact_log(self, answer_id: int, first: int, before: int) -> None:
        """After an answer has ended, delete the events of its growth, numbered from `first`, below `before`.

        Each contains the whole text so far: otherwise the log would contain an answer a hundred times.
        """

        async def work(change: Change) -> bool:
            answer = await Message.get_or_none(id=answer_id, using_db=change.connection)
            affected = topics(await room_of(change.connection, answer.room_id)) if answer else []
            beginnings = [events.growing_answer_prefix(topic, answer_id) for topic in affected]
            return any([await self._log.delete_superseded(change.connection, one, first, before) for one in beginnings])

        more = True
        while more:
            more = (await self._write(work)).result
            await asyncio.sleep(YIELD_PAUSE)

    @transactional
    async def stop(self, change: Change, caller: Caller, answer_id: int) -> MessageOut:
        """Stop an answer that the caller has asked for, and keep the text so far; one that has ended stays as it is."""
        answer = await _require_own_answer(change.connection, caller, answer_id)
        if answer.answer_state not in UNFINISHED:
            return await message_out(change.connection, answer)
        request_work(change, answer, "end")
        answer.answer_state = "stopped"
        return await save(change, "update", answer, "answer_state")

    @transactional
    async def retry(self, change: Change, caller: Caller, answer_id: int) -> MessageOut:
        """Ask again.

        raises   NotNowError for an answer that is done or being written; ForbiddenError and RoomArchivedError when the
                 caller may not write in its room any more
        """
        answer = await _require_own_answer(change.connection, caller, answer_id)
        room = await require_room(change.connection, answer.room_id)
        await require_writer(change.connection, caller, room)
        require_unarchived(archived=room.archived_at is not None)
        if answer.answer_state in UNFINISHED:
            raise NotNowError("This answer is being written.")
        if answer.answer_state == "done":
            raise NotNowError("This answer is already complete.")
        if await _too_many(change.connection, answer.asker_id):
            raise NotNowError(TOO_MANY)
        request_work(change, answer, "begin")
        set_text(answer, "", None)
        answer.answer_state, answer.answer_error = "waiting", None
        return await save(change, "update", answer, *TEXT_COLUMNS, "answer_state", "answer_error")

    @transactional
    async def fail_writing(self, change: Change) -> None:
        """At the start: mark answers that a former process was writing as failed. They can be asked for again."""
        for row in await _unfinished_rows(change.connection):
            if row["answer_state"] == "writing":
                answer = await Message.get(id=row["id"], using_db=change.connection)
                await _finish(change, answer, RESTARTED)

    async def waiting(self) -> dict[int, int | None]:
        """The answers in the state waiting, oldest first: who asked, by id of the answer."""
        async with self._database.snapshot() as connection:
            rows = await _unfinished_rows(connection)
        return dict(sorted((row["id"], row["asker_id"]) for row in rows if row["answer_state"] == "waiting"))


async def start_answer(change: Change, room: RoomOut, question: Message) -> None:
    """Create an answer in the state waiting, in the change that posts its question."""
    full = await _too_many(change.connection, question.author_id)
    answer = Message(
        room_id=room.id,
        note_id=room.note_id,
        content="",
        question_id=question.id,
        reply_to_id=question.id if question.reply_to_id else None,  # in the thread of the question
        asker_id=question.author_id,
        answer_state="failed" if full else "waiting",
        answer_error=TOO_MANY if full else None,
        date=datetime.now(UTC),
    )
    await answer.save(using_db=change.connection, force_create=True)
    if not full:
        request_work(change, answer, "begin")
    record_message_event(change, "create", room, await message_out(change.connection, answer))


async def _too_many(connection: BaseDBAsyncClient, asker_id: int | None) -> bool:
    askers = [row["asker_id"] for row in await _unfinished_rows(connection)]
    return len(askers) >= MAX_WAITING or askers.count(asker_id) >= MAX_WAITING_EACH


async def _unfinished_rows(connection: BaseDBAsyncClient) -> Sequence[Mapping[str, Any]]:
    """The unfinished answers: who asked for them, and their states."""
    _, rows = await connection.execute_query(UNFINISHED_SQL, [MAX_WAITING])
    return rows


async def _unfinished(connection: BaseDBAsyncClient, answer_id: int, version: int | None = None) -> Message | None:
    answer = await Message.get_or_none(id=answer_id, answer_state__in=UNFINISHED, using_db=connection)
    return answer if answer is not None and version in {None, answer.version} else None


async def _finish(change: Change, answer: Message, error: str | None) -> None:
    answer.answer_state = "failed" if error else "done"
    answer.answer_error = error and error[:ANSWER_ERROR_MAX]
    await save(change, "update", answer, *TEXT_COLUMNS, "answer_state", "answer_error")


async def _require_own_answer(connection: BaseDBAsyncClient, caller: Caller, answer_id: int) -> Message:
    answer = await require_visible_message(connection, caller, answer_id)
    if answer.answer_state is None:
        raise NotFoundError(f"Message {answer_id} is no answer of the assistant")
    require_asker(answer, caller, caller.id)
    return answer
