"""The event log: append within a commit, read by number, prune old events."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.models import Model

from quart_notes.live import events
from quart_notes.live.channel import FeedMessage
from quart_notes.live.recent_events import RecentEvents
from quart_notes.models import LoggedEvent, LogHead, Message, Note
from quart_notes.schemas.deleted_text import (
    TEXT,
    blanked,
    quoted_by,
    subject_of,
    with_label,
    with_text,
    without_quote,
)
from quart_notes.schemas.event_ids import EventId, new_epoch
from quart_notes.storage.database import Database, Transaction, dedicated_connection

PAGE_EVENTS = 128  # events in one read: at most 10 MB, if every event had the largest size
PRUNE_CHUNK = 500  # rows deleted in one transaction, so that no write waits long
STATS_SQL = "SELECT newest, pruned, ({size}) AS size FROM log_head"
ENDS_SQL = "SELECT topic, max(number) AS number FROM event_log WHERE number > ?1 GROUP BY topic"
LOOKBACK_EVENTS = 100_000  # events that a start reads: more would take seconds
TEXT_MODELS: dict[str, type[Model]] = {"note": Note, "message": Message}  # rows with schemas.deleted_text.TEXT
THIN_CHUNK = 100  # superseded events, of up to 50 KB each, deleted in one transaction


class LogStats(NamedTuple):
    """Size and range of the log.

    newest, pruned   numbers of the newest event, and of the newest deleted event
    size             bytes of the whole database
    """

    newest: int
    pruned: int
    size: int


class LogPage(NamedTuple):
    """A page of the log, of all topics.

    up_to   the number up to which the page is complete
    more    whether there are more events after it
    gap     the position is not in the log: the log was pruned past it, or was restored to an earlier state
    """

    messages: list[FeedMessage]
    up_to: int
    more: bool
    gap: bool


class EventLog:
    """The log of one database.

    1. Numbers come from an update of the one row of `log_head`, whose lock is held until the commit: number order is
       commit order, on every database.
    2. `since` is complete: it returns every event of the topics after the given position, or None. Only the stages of
       an answer that has ended are left out, because a later event contains the final text; and the events of a room
       that was deleted for good.
    3. The log contains no text of deleted objects, not in quotes either, and no former name of a label.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent_events = RecentEvents()
        self.epoch = ""

    async def open(self) -> None:
        """Read the epoch; create it if the database is new."""
        async with self._database.transaction() as connection:
            head, _ = await LogHead.get_or_create({"epoch": new_epoch()}, using_db=connection, id=1)
            self.epoch = head.epoch

    async def commit(self, connection: BaseDBAsyncClient, recorded: Sequence[tuple[str, bytes]]) -> list[FeedMessage]:
        """Number and insert events, (topic, body) in order, and commit the open transaction with them.

        For a deletion, the text is removed from all events of the object in the log. The returned messages, which go to
        current subscribers, still contain it.
        """
        subjects = [subject_of(body) for _, body in recorded]
        deletions = {subject: index for index, (subject, deletes) in enumerate(subjects) if subject and deletes}
        if deletions:
            await remove_text(connection, list(deletions))
        entries = [
            (topic, _without_deleted_text(index, body, subject, deletions), subject)
            for index, ((topic, body), (subject, _)) in enumerate(zip(recorded, subjects, strict=True))
        ]
        first = await cast(Transaction, connection).commit_events(entries, datetime.now(UTC))
        return [self._message(number, topic, body) for number, (topic, body) in enumerate(recorded, first)]

    def remember(self, messages: Sequence[FeedMessage]) -> None:
        """Cache events that were just published, in order: most clients that reconnect were away for a moment."""
        self._recent_events.append(messages)

    def recent(self, topic: str, after: int) -> list[bytes] | None:
        """The encoded events of a topic after that number, in order; None unless all of them are in memory."""
        return self._recent_events.newer(topic, after)

    def _message(self, number: int, topic: str, body: bytes) -> FeedMessage:
        event_id = f"{self.epoch}-{number}"  # as EventId writes it
        return FeedMessage(topic, number, event_id, events.with_id(event_id, body))

    async def newest(self, connection: BaseDBAsyncClient | None = None) -> EventId:
        """The id of the newest event; inside a snapshot, the newest that its rows include."""
        if connection is None:
            async with self._database.snapshot() as snapshot:
                return await self.newest(snapshot)
        return EventId(self.epoch, (await self._head(connection)).newest)

    async def ends(self) -> tuple[int, dict[str, int]]:
        """The number up to which topics are unknown, and the number of the newest event of each topic after that.

        Unknown are the deleted events and, in a long log, those older than the LOOKBACK_EVENTS newest events.
        """
        async with self._database.snapshot() as connection:
            head = await self._head(connection)
            unknown = max(head.pruned, head.newest - LOOKBACK_EVENTS)
            _, rows = await connection.execute_query(ENDS_SQL, [unknown])
        return unknown, {row["topic"]: row["number"] for row in rows}

    async def stats(self) -> LogStats:
        """Current size and range of the log."""
        async with self._database.snapshot() as connection:
            _, rows = await connection.execute_query(STATS_SQL.format(size=cast(Transaction, connection).SIZE))
        return LogStats(**dict(rows[0]))

    async def since(self, topics: Collection[str], after: EventId, up_to: int) -> list[FeedMessage] | None:
        """Events of `topics` newer than `after` and not newer than `up_to`, oldest first, PAGE_EVENTS at most.

        topics   already authorised by the caller, e.g. {"board:1", "room:12"}; "room:*" stands for all of a kind
        returns  [] when up to date; None when `after` is not a position in this log, or older than the log keeps (the
                 client must reload)
        source   Last-Event-ID: WHATWG HTML, "Server-sent events"
        """
        if (
            after.epoch == self.epoch
            and (recent := self._recent_events.since(topics, after.number, up_to, PAGE_EVENTS)) is not None
        ):
            return recent
        async with self._database.snapshot() as connection:
            head = await self._head(connection)
            if after.epoch != self.epoch or not head.pruned <= after.number <= head.newest:
                return None
            query = LoggedEvent.filter(_topic_filter(topics), number__gt=after.number, number__lte=up_to)
            rows = (
                await query.using_db(connection)
                .order_by("number")
                .limit(PAGE_EVENTS)
                .values_list("number", "topic", "body")
            )
        return [self._message(number, topic, body.encode()) for number, topic, body in rows]

    async def read_after(self, number: int) -> LogPage:
        """At most PAGE_EVENTS events after that number, oldest first, for the follower; it never waits for requests."""
        with dedicated_connection():
            async with self._database.snapshot() as connection:
                head = await self._head(connection)
                if head.epoch != self.epoch or not head.pruned <= number <= head.newest:
                    return LogPage([], number, more=False, gap=True)
                if head.newest == number:
                    return LogPage([], number, more=False, gap=False)
                query = LoggedEvent.filter(number__gt=number).using_db(connection).order_by("number").limit(PAGE_EVENTS)
                rows = await query.values_list("number", "topic", "body")
                bodies = await _with_deleted_text(connection, [body.encode() for _, _, body in rows])
        messages = [self._message(found, topic, body) for (found, topic, _), body in zip(rows, bodies, strict=True)]
        more = len(messages) == PAGE_EVENTS
        up_to = messages[-1].number or 0 if more else head.newest
        return LogPage(messages, up_to, more, gap=False)

    def reset(self, number: int) -> FeedMessage:
        """The message that tells a client to reload; later events continue after `number`."""
        event_id = EventId(self.epoch, number)
        return FeedMessage("", number, str(event_id), events.reset(event_id))

    async def prune(self, connection: BaseDBAsyncClient, days: int, rows: int) -> bool:
        """Delete one chunk of events older than `days` or beyond `rows`; returns whether there are more to delete."""
        head = await self._head(connection)
        oldest = datetime.now(UTC) - timedelta(days=days)
        chunk = LoggedEvent.filter(number__lte=head.pruned + PRUNE_CHUNK).using_db(connection)
        last = await chunk.filter(created_at__lt=oldest).order_by("-number").first()
        up_to = max(last.number if last else 0, min(head.newest - rows, head.pruned + PRUNE_CHUNK))
        if up_to <= head.pruned:
            return False
        self._recent_events.prune(up_to)
        await LoggedEvent.filter(number__lte=up_to).using_db(connection).delete()
        await LogHead.filter(id=1).using_db(connection).update(pruned=up_to)
        return True

    async def delete_superseded(self, connection: BaseDBAsyncClient, beginning: str, first: int, before: int) -> bool:
        """Delete a chunk of the events numbered from `first`, below `before`, whose bodies start with `beginning`.

        They must be stages of an object whose final state is in a later event. Returns whether there are more to
        delete.
        """
        found = LoggedEvent.filter(number__gte=first, number__lt=before, body__startswith=beginning)
        self._recent_events.prune(before - 1)
        numbers: list[Any] = await found.using_db(connection).limit(THIN_CHUNK).values_list("number", flat=True)
        await LoggedEvent.filter(number__in=numbers).using_db(connection).delete()
        return len(numbers) == THIN_CHUNK

    @staticmethod
    async def _head(connection: BaseDBAsyncClient) -> LogHead:
        return await LogHead.get(id=1, using_db=connection)


def _without_deleted_text(index: int, body: bytes, subject: str | None, deletions: Mapping[str, int]) -> bytes:
    """The event at `index` of a commit as the log keeps it; `deletions`: the indexes of deletions, by object."""
    if not deletions or subject is None:
        return body
    if index <= deletions.get(subject, -1):
        return blanked(body)
    return without_quote(body) if index <= deletions.get(quoted_by(body) or "", -1) else body


async def remove_text(connection: BaseDBAsyncClient, subjects: Sequence[str]) -> None:
    """Remove the text from the events of objects that are being deleted, e.g. `note:12`, and from quotes of them."""
    await _rewrite(connection, subjects, blanked)
    messages = [int(subject.partition(":")[2]) for subject in subjects if subject.startswith("message:")]
    if not messages:
        return
    replies: Any = Message.filter(reply_to_id__in=messages).using_db(connection).values_list("id", flat=True)

    def without(body: bytes) -> bytes:
        return without_quote(body) if quoted_by(body) in subjects else body

    await _rewrite(connection, [f"message:{reply}" for reply in await replies], without)


async def _rewrite(connection: BaseDBAsyncClient, subjects: Sequence[str], change: Callable[[bytes], bytes]) -> None:
    """Change the events of these objects."""
    if not subjects:
        return
    events_of = LoggedEvent.filter(subject__in=subjects).using_db(connection)
    for number, body in await events_of.values_list("number", "body"):
        changed = change(body.encode()).decode()
        if changed != body:
            await LoggedEvent.filter(number=number).using_db(connection).update(body=changed)


async def delete_topic(connection: BaseDBAsyncClient, topic: str) -> bool:
    """Delete a chunk of the events of a topic that nobody can follow any more; returns whether there may be more."""
    found = LoggedEvent.filter(topic=topic).using_db(connection).limit(PRUNE_CHUNK)
    numbers: list[Any] = await found.values_list("number", flat=True)
    await LoggedEvent.filter(number__in=numbers).using_db(connection).delete()
    return len(numbers) == PRUNE_CHUNK


async def rename_label(connection: BaseDBAsyncClient, topic: str, former: str, name: str | None) -> None:
    """Put another name in place of a label's former one in the events of its board; None: the label is being deleted.

    It reads the events of one topic: 0.1 s in a log of 100,000.
    """
    quoted = json.dumps(former, ensure_ascii=False)
    events_of = LoggedEvent.filter(topic=topic, body__contains=quoted).using_db(connection)
    for number, body in await events_of.values_list("number", "body"):
        renamed = with_label(body.encode(), former, name).decode()
        if renamed != body:
            await LoggedEvent.filter(number=number).using_db(connection).update(body=renamed)


async def _with_deleted_text(connection: BaseDBAsyncClient, bodies: Sequence[bytes]) -> list[bytes]:
    """Restore the text in encoded deletions: current subscribers get the whole last state."""
    deleted = {body: subject for body in bodies for subject, deletes in [subject_of(body)] if subject and deletes}
    found: dict[str, Model] = {}
    for name, model in TEXT_MODELS.items():
        ids = [int(subject.partition(":")[2]) for subject in deleted.values() if subject.startswith(f"{name}:")]
        rows = await model.filter(id__in=ids).using_db(connection) if ids else []
        found |= {f"{name}:{row.pk}": row for row in rows}
    return [_with_text_of(found.get(deleted[body]), body) if body in deleted else body for body in bodies]


def _with_text_of(row: Model | None, body: bytes) -> bytes:
    if isinstance(row, Note):
        last = json.loads(body)["note"]
        # A note that was moved to another board may have another text by now, which is not for its former readers.
        if last["board_id"] != row.board_id and last["version"] + 1 != row.version:
            row = None
    names = next((TEXT[name] for name, model in TEXT_MODELS.items() if isinstance(row, model)), {})
    return with_text(body, {name: getattr(row, name) for name in names})


def _topic_filter(topics: Collection[str]) -> Q:
    families = [topic.removesuffix("*") for topic in topics if topic.endswith(":*")]
    return Q(Q(topic__in=list(topics)), *(Q(topic__startswith=family) for family in families), join_type="OR")
