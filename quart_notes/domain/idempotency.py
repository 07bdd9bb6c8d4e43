"""Idempotency: a request that is repeated with its client key creates its object once."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, NamedTuple, Protocol, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.errors import ClientKeyUsedError
from quart_notes.live.writer import Change, Committed, Operation, Write
from quart_notes.models import ClientKey
from quart_notes.schemas import InputModel

INSERT = "INSERT INTO client_key (key, digest, thing_id) VALUES (?1, ?2, ?3)"


class HasId(Protocol):
    """An object with an id."""

    @property
    def id(self) -> int:
        """Its id."""


T = TypeVar("T", bound=HasId)
Find = Callable[[BaseDBAsyncClient, int], Awaitable[T | None]]


class IdempotentRequest(NamedTuple):
    """A request that may be repeated.

    name     the kind of object, the id of its parent, its author, and the client's key
    digest   of all other fields
    """

    name: str
    digest: str

    @property
    def key(self) -> str:
        """The stored form of the name: a hash, since secrets are derived from it."""
        return sha256(self.name.encode()).hexdigest()


class AlreadyMade(Committed[T]):
    """The object that an earlier request with the same key has created; this request changed nothing."""


def request_of(
    kind: str, author_id: int | None, data: InputModel, client_key: str | None, parent_id: int = 0
) -> IdempotentRequest | None:
    """The request to create an object of this kind, in a parent such as a board; None when it has no key."""
    if client_key is None:
        return None
    return IdempotentRequest("\0".join((kind, str(parent_id), str(author_id or 0), client_key)), digest_of(data))


def digest_of(data: InputModel, *names: str) -> str:
    """A digest of the fields sent, or of the named ones. Fields that a later version adds do not change it."""
    sent: dict[str, Any] = {"include": set(names)} if names else {"exclude": {"client_key"}}
    return sha256(data.model_dump_json(exclude_defaults=True, **sent).encode()).hexdigest()


async def make_once(
    write: Write, request: IdempotentRequest | None, make: Operation[T], find: Find[T], by: int | None = None
) -> Committed[T]:
    """Create an object, or return, as AlreadyMade, what the same request has created before.

    by       id of the user who creates it
    find     loads the object by its id; None when it is deleted; raises when the caller may not create it any more
    raises   ClientKeyUsedError when the key was used with other content, or its object is deleted
    """
    if request is None:
        return await write(make, by)

    async def work(change: Change) -> tuple[T, bool]:
        row = await ClientKey.get_or_none(key=request.key, using_db=change.connection)
        if row is not None:
            found = await find(change.connection, row.thing_id)
            if row.digest != request.digest or found is None:
                raise key_used_error()
            return found, False
        made = await make(change)
        await store_result(change, request, made.id)
        return made, True

    (thing, new), position = await write(work, by)
    return Committed(thing, position) if new else AlreadyMade(thing, position)


async def store_result(change: Change, request: IdempotentRequest, thing_id: int) -> None:
    """Store what a request has created."""
    await change.connection.execute_query(INSERT, [request.key, request.digest, thing_id])


def key_used_error() -> ClientKeyUsedError:
    """The error for a key that does not fit the request."""
    message = "This client_key was used for something else already. Make a new one for each thing."
    return ClientKeyUsedError.of_field("client_key", message)
