"""Preferences of users: values by key."""

import json
from operator import attrgetter
from typing import Any

from quart_notes.domain.service import Service, transactional
from quart_notes.errors import FieldError, NotFoundError, ValidationFailedError
from quart_notes.live import events
from quart_notes.live.events import PreferenceEvent
from quart_notes.live.writer import Change, Committed
from quart_notes.models import Preference
from quart_notes.schemas import PREFERENCE_KEY_MAX, PREFERENCE_VALUE_MAX, PREFERENCES_MAX, PreferenceOut
from quart_notes.schemas.event_ids import EventId


class Preferences(Service):
    """All preferences."""

    async def of_user(self, user_id: int) -> tuple[dict[str, Any], EventId]:
        """A user's preferences by key, and the newest event that they include."""
        async with self._snapshot() as (connection, position):
            rows = await Preference.filter(user_id=user_id).using_db(connection)
        # Sorted here: databases sort text differently.
        return {row.key: json.loads(row.value) for row in sorted(rows, key=attrgetter("key"))}, position

    async def get(self, user_id: int, key: str) -> tuple[PreferenceOut, EventId]:
        """One preference; NotFoundError when it is not set."""
        values, position = await self.of_user(user_id)
        if key not in values:
            raise _not_set(key)
        return PreferenceOut(key=key, value=values[key]), position

    async def set(self, user_id: int, key: str, value: Any) -> Committed[PreferenceOut]:
        """Set one; ValidationFailedError when it is too long or one too many. The same value sends no event."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:  # Python reads 1e999 as infinity
            raise _invalid("holds a number that is too large") from None
        if len(text.encode()) > PREFERENCE_VALUE_MAX:
            raise _invalid(f"must be at most {PREFERENCE_VALUE_MAX} bytes of JSON")

        async def work(change: Change) -> PreferenceOut:
            mine = Preference.filter(user_id=user_id).using_db(change.connection)
            row = await mine.get_or_none(key=key)
            out = PreferenceOut(key=key, value=value)
            if row is None:
                if await mine.count() >= PREFERENCES_MAX:
                    raise _invalid(f"there are {PREFERENCES_MAX} preferences already")
                await Preference.create(user_id=user_id, key=key, value=text, using_db=change.connection)
            elif row.value == text:
                return out
            else:
                row.value = text
                await row.save(using_db=change.connection, update_fields=["value"])
            action: events.Action = "create" if row is None else "update"
            change.record(PreferenceEvent(topic=events.user(user_id), action=action, preference=out))
            return out

        return await self._write(work, user_id)

    @transactional
    async def delete(self, change: Change, user_id: int, key: str) -> PreferenceOut:
        """Remove one; NotFoundError when it is not set."""
        change.by = user_id
        row = None
        if len(key) <= PREFERENCE_KEY_MAX and key.isprintable():  # PostgreSQL cannot store NUL
            row = await Preference.get_or_none(user_id=user_id, key=key, using_db=change.connection)
        if row is None:
            raise _not_set(key)
        await row.delete(using_db=change.connection)
        out = PreferenceOut(key=key, value=json.loads(row.value))
        change.record(PreferenceEvent(topic=events.user(user_id), action="delete", preference=out))
        return out

    @transactional
    async def clear(self, change: Change, user_id: int) -> dict[str, Any]:
        """Remove all; returns what they were, by key. An event for each."""
        change.by = user_id
        mine = Preference.filter(user_id=user_id).using_db(change.connection)
        values = {row.key: json.loads(row.value) for row in sorted(await mine, key=attrgetter("key"))}
        await mine.delete()
        for key, value in values.items():
            out = PreferenceOut(key=key, value=value)
            change.record(PreferenceEvent(topic=events.user(user_id), action="delete", preference=out))
        return values


def _not_set(key: str) -> NotFoundError:
    return NotFoundError(f"There is no preference {key}")


def _invalid(message: str) -> ValidationFailedError:
    return ValidationFailedError(f"value: {message}", errors=[FieldError("value", message)])
