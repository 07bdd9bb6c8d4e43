"""Streams within the test's process that end when their access is revoked, by every delivery path."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from quart.testing.connections import WebsocketDisconnectError

from quart_notes.domain.access_cache import Grant
from quart_notes.web.security.credentials import COOKIE
from tests.support.accounts_app import House
from tests.support.clients.log_follower import Follower

Json = dict[str, Any]


class AccessCheck:
    """The checks of streams wait until `may_go_on` is set.

    begun   how many there were
    """

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_go_on = asyncio.Event()
        self.begun = 0
        check = house.core.stream_revocation._still_allowed

        async def wait_and_check(stream: Any) -> bool:
            self.begun += 1
            await self.may_go_on.wait()
            return await check(stream)

        monkeypatch.setattr(house.core.stream_revocation, "_still_allowed", wait_and_check)


class Direct(Follower):
    """A stream whose events are written to its connection directly."""

    def __init__(
        self, house: House, grant: Grant, topics: set[str], after: int | None = None, *, direct: bool = True
    ) -> None:
        super().__init__(house.core, after, topics, direct=direct)
        ending = self.subscription.close
        house.core.stream_revocation.watch_stream(grant, frozenset(topics), self.subscription, ending)


class Pulled(Direct):
    """A stream that takes its events itself."""

    def __init__(self, house: House, grant: Grant, topics: set[str], after: int | None = None) -> None:
        super().__init__(house, grant, topics, after, direct=False)


class Routed:
    """A stream of the application's routes; without topics of all that its caller may see.

    code   with which a websocket was closed
    """

    def __init__(self, house: House, grant: Grant, topics: set[str], after: str = "") -> None:
        self._client = house.app.test_client()
        given = {"topics": ",".join(sorted(topics)), "after": after}
        self._query = "?" + "&".join(f"{name}={value}" for name, value in given.items() if value)
        self._headers = {"Host": "house.example"}
        if grant.kind == "token":
            self._headers["Authorization"] = f"Bearer {grant.secret}"
        else:
            self._headers["Cookie"] = f"{COOKIE}={house.core.signing_key.sign('session', grant.secret)}"
        self.text = ""
        self.code: int | None = None
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Read until the stream ends."""
        raise NotImplementedError

    @property
    def events(self) -> list[Json]:
        """All events so far."""
        lines = (line.removeprefix("data: ") for line in self.text.splitlines())
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def close(self) -> None:
        """Leave."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


class Websocket(Routed):
    """A websocket."""

    async def run(self) -> None:
        """Read until it is closed."""
        with suppress(WebsocketDisconnectError):
            async with self._client.websocket(f"/ws{self._query}", headers=self._headers) as connection:
                try:
                    while True:
                        self.text += f"{await connection.receive()!s}\n"
                except WebsocketDisconnectError as closed:
                    self.code = closed.args[0]


class EventStream(Routed):
    """Server-sent events."""

    async def run(self) -> None:
        """Read until the response is complete."""
        async with self._client.request(f"/events{self._query}", headers=self._headers) as connection:
            await connection.send_complete()
            while data := await connection.receive():
                self.text += data.decode()


Stream = Direct | Pulled | Websocket | EventStream
