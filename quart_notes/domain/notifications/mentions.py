"""Who is mentioned in a text: found when it is written, and kept with it as nodes of its tree."""

from collections.abc import Sequence
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.domain.notifications.audience import Audience
from quart_notes.domain.text.markdown import Formatted
from quart_notes.domain.text.mentions import EVERYBODY, Target, mentioned_in, possible_keys, with_mentions
from quart_notes.errors import ValidationFailedError
from quart_notes.models import User
from quart_notes.schemas import MENTIONS_MAX, ContentNode


class Mentions(NamedTuple):
    """A text with its mentions.

    tree       as it is stored
    user_ids   the users who are mentioned by name
    everybody  it mentions everybody in the room
    """

    tree: list[ContentNode] | None
    user_ids: frozenset[int] = frozenset()
    everybody: bool = False


async def find_mentions(
    connection: BaseDBAsyncClient,
    text: Formatted,
    audience: Audience,
    field: str,
    *,
    before: Sequence[ContentNode] | None = None,
    room: bool = False,
) -> Mentions:
    """The mentions of a text, of users who may see it.

    before   the tree of the text before the change: who is mentioned there stays it, also by a former nickname
    room     whether its author may mention everybody in the room
    raises   ValidationFailedError naming the field, for more than MENTIONS_MAX users
    """
    if text.tree is None or not (keys := possible_keys(text.tree)):
        return Mentions(text.content)
    known = mentioned_in(before)
    targets: dict[str, Target] = {key: known[key] for key in keys if key in known}
    if room and EVERYBODY in keys:
        targets[EVERYBODY] = None
    users = await _users(connection, [key for key in keys if key not in targets])
    seeing = await audience(users)
    targets |= {user.nickname_key: user.id for user in users if user.id in seeing}
    if len(targets) > MENTIONS_MAX:
        raise ValidationFailedError.of_field(field, f"A text can mention at most {MENTIONS_MAX} people.")
    if not targets:
        return Mentions(text.content)
    user_ids = frozenset(user_id for user_id in targets.values() if user_id is not None)
    return Mentions(with_mentions(text.tree, targets), user_ids, None in targets.values())


async def _users(connection: BaseDBAsyncClient, keys: list[str]) -> list[User]:
    """The users with these nicknames who can sign in."""
    if not keys:
        return []
    found = User.filter(nickname_key__in=keys, deactivated_at__isnull=True)
    return await found.using_db(connection).order_by("id")
