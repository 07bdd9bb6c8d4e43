"""The plain-text endpoint of the lobby: each line in is a message, each message is a line out."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from quart import Blueprint, websocket

from quart_notes.domain.rate_limits import Meter, RateLimit
from quart_notes.domain.rooms.access import LOBBY
from quart_notes.errors import ProblemError
from quart_notes.live import frames, outlets
from quart_notes.live.channel import FeedMessage
from quart_notes.live.events import room
from quart_notes.live.feed import Subscription
from quart_notes.schemas import CONTENT_MAX, UNSTORABLE, UserOut, is_blank
from quart_notes.web.context import core
from quart_notes.web.error_handlers import log_server_error
from quart_notes.web.security.authentication import accounts_mode, identify
from quart_notes.web.security.subscriptions import FeedAccess
from quart_notes.web.streams import FAILED, NO_MORE, TOO_SLOW, Conversation, Leave

blueprint = Blueprint("plain_text", __name__)

BURST = 200  # messages that a client may send at once
RATE = 50  # further messages a second; faster ones wait in the client's connection
NOT_TEXT, INVALID, TOO_LONG = 1003, 1007, 1009  # RFC 6455, 7.4.1


@blueprint.websocket("/ws/<client:client_id>")
async def chat(client_id: int) -> None:
    """Chat in the lobby in plain text: `Client {id}: {text}` for clients, `{nick}: {text}` for people.

    In accounts mode the author is the person of the session or token.
    """
    grant = await identify()
    speaker = f"Client {client_id}" if grant is None or not accounts_mode() else grant.caller.user
    assert speaker is not None  # noqa: S101 - in accounts mode the caller is somebody
    if grant is not None:
        grant.caller.require_member()  # a guest does not see the lobby
    await core().database.ping()
    await websocket.accept()
    who = FeedAccess(frozenset({room(LOBBY)}), None, (), grant)
    subscription = core().feed.subscribe(who.topics, None, frame)
    await _Chat(subscription, who, speaker).run()


class _Chat(Conversation):
    def __init__(self, subscription: Subscription, who: FeedAccess, speaker: UserOut | str) -> None:
        super().__init__(subscription, self._make_present, who.on_revoked)
        self._speaker = speaker

    async def receive(self) -> int:
        """Post each text frame, as fast as the rate limit allows; returns the code that ends it."""
        loop = asyncio.get_running_loop()
        peer = outlets.connection_of(websocket.scope)
        meter = Meter(RateLimit(BURST, 1 / RATE))
        try:
            while True:
                code = await _post(self._speaker, await websocket.receive())
                if code is not None:
                    return code
                now = loop.time()
                if peer is not None:
                    peer.last_received_at = now  # behind lines that wait, pongs wait too
                if wait := meter.use(now):
                    await asyncio.sleep(wait)
        except asyncio.CancelledError as cancelled:
            if NO_MORE not in cancelled.args:
                await _post_the_rest(self._speaker)
            raise

    def text_of(self, message: FeedMessage) -> str | None:
        """The message as a line."""
        return line(message)

    def _make_present(self) -> list[Leave]:
        if isinstance(self._speaker, str):
            return [core().presence.join_as_guest(LOBBY, self._speaker)]
        return [core().presence.join(LOBBY, self._speaker)]


async def _post(speaker: UserOut | str, text: Any) -> int | None:
    """Post a client's text; returns the close code when the client must not go on."""
    if not isinstance(text, str):
        return NOT_TEXT
    if len(text) > CONTENT_MAX:
        return TOO_LONG
    if UNSTORABLE.search(text):
        return INVALID
    if not is_blank(text):
        try:
            if isinstance(speaker, str):
                await core().messages.post_as_guest(LOBBY, speaker, text)
            else:
                await core().messages.post_line(LOBBY, speaker.id, text)
        except ProblemError as error:
            log_server_error(error)
            return TOO_SLOW if error.status == 503 else FAILED
    return None


async def _post_the_rest(speaker: UserOut | str) -> None:
    """Post the messages that a client sent before it left: a program may send its lines and exit."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0):  # only what has arrived already
                text = await websocket.receive()
            if await _post(speaker, text) is not None:
                return


def line(message: FeedMessage) -> str | None:
    """The line of an event for plain-text clients: for a new message or a complete answer; else None."""
    event: dict[str, Any] = json.loads(message.data)
    posted = event.get("message")
    if posted is None:
        return None
    if posted["answer"] is not None:
        # The assistant ends an answer in nobody's name; later changes are reactions on it.
        return _answer(posted) if event["action"] == "update" and event.get("by") is None else None
    if event["action"] != "create" or posted["version"] > 1:  # a restored message was sent before
        return None
    speaker = posted["guest"] or posted["author"]["nickname"]
    return f"{speaker}: {posted['content']}"


def _answer(posted: dict[str, Any]) -> str | None:
    """An answer of the assistant, sent once it has ended."""
    parts = {"done": [posted["content"]], "failed": [posted["content"], posted["answer"]["error"]]}
    text = "\n".join(part for part in parts.get(posted["answer"]["state"], ()) if part)
    return f"Assistant: {text}" if text else None


def frame(message: FeedMessage) -> bytes:
    """The same as a websocket frame; empty for no line."""
    text = line(message)
    return b"" if text is None else frames.text_frame(text.encode())
