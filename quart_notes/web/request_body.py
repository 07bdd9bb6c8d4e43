"""Reads request bodies: one reader for all routes, and another for uploads."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from quart import Request, current_app, request
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from quart_notes.errors import UnsupportedMediaTypeError
from quart_notes.live.compact_event import CompactEvent
from quart_notes.schemas.strict_json import parse

MAX_BODY = 256 * 1024  # bytes of a request
BODY_TIMEOUT = 15  # seconds for a request's body to arrive
BUFFER_BYTES = 256 * 1024  # bytes of a file that wait for a route; the rest waits in the connection
STREAMS_BODY = "_quart_notes_takes_files"
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


def streams_body(route: F) -> F:
    """Let a route read a larger body than others, in pieces."""
    setattr(route, STREAMS_BODY, True)
    return route


async def choose_body_mode() -> None:
    """Before the guards: choose whether the body is read in pieces."""
    body = cast(StrictRequest, request).body
    assert isinstance(body, BackpressuredBody)  # noqa: S101 - StrictRequest makes it
    body.decided(pieces=hasattr(current_app.view_functions.get(request.endpoint or ""), STREAMS_BODY))


class BackpressuredBody(Body):
    """A body with backpressure: it reads no more than it can hold.

    1. Until the route is known, only the first message is read, and kept.
    2. A body that is read in pieces has no limit here: the route counts. BUFFER_BYTES and a message may wait for it:
       a faster client waits.
    3. Any other body is limited, and bytes beyond the limit are dropped, as in Quart.
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        # Body would set the same, and create two asyncio events for each request, which are never used.
        self._data = bytearray()
        self._complete, self._has_data = CompactEvent(), CompactEvent()
        self._max_content_length = None
        self._must_raise = None
        self._expected = expected_content_length or 0
        self._bound = max_content_length
        self._decided, self._taken = CompactEvent(), CompactEvent()
        self._pieces = False

    def decided(self, *, pieces: bool) -> None:
        """Set whether it is read in pieces, or whole."""
        self._pieces = pieces
        if not pieces:
            self._max_content_length = self._bound
            if self._bound is not None and max(self._expected, len(self._data)) > self._bound:
                self._must_raise = RequestEntityTooLarge()
                self.set_complete()
        self._decided.set()

    async def room(self) -> None:
        """Wait until more may be read."""
        await self._decided.wait()
        while self._pieces and len(self._data) > BUFFER_BYTES:
            self._taken.clear()
            await self._taken.wait()

    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._taken.set()
        return data


class StrictRequest(Request):
    """A request whose JSON is read by the one strict reader; quart-schema's validation uses it too."""

    body_class = BackpressuredBody

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body's JSON document.

        raises   UnsupportedMediaTypeError, InvalidJsonError; 413 and 408 come from Quart's body reader
        """
        if not (force or self.is_json):
            raise UnsupportedMediaTypeError("Send a JSON document with Content-Type: application/json.")
        return parse(cast(bytes, await self.get_data(cache=cache, as_text=False)))
