"""An application in accounts mode within the test's process: its users, their browsers, and its services."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from quart import Quart

from quart_notes import create_app
from quart_notes.core import Core
from quart_notes.domain import passwords
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.access_cache import Grant
from quart_notes.domain.secret_tokens import hash_of
from quart_notes.live.events import SHARED_BOARD
from quart_notes.live.frames import sse
from quart_notes.schemas import (
    Arrival,
    BoardCreate,
    InvitationCreate,
    MemberUpdate,
    MessageOut,
    NoteCreate,
    NoteOut,
    Role,
    RoomCreate,
    RoomMemberUpdate,
    RoomMessageCreate,
    RoomRole,
    TokenCreate,
    UserOut,
)
from quart_notes.schemas.event_ids import EventId
from tests.support.clients.signing_in import cookie_at
from tests.support.routes import PASSWORD
from tests.support.servers import postgres
from tests.support.servers.empty_database import database_file, no_wait_for_the_disk, put_database, settings_for

ROLES: tuple[Role, ...] = ("viewer", "ticker", "editor", "owner")
Json = dict[str, Any]


def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with minimal work."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DUMMY_HASH", quick.hash("nobody's password"))


class House:
    """The application, and its users by nickname; the first one is the administrator."""

    def __init__(self, app: Quart) -> None:
        self.app = app
        self.core: Core = app.extensions["quart_notes"]
        self.people: dict[str, UserOut] = {}
        self.admin = ""

    async def welcome(self, *nicknames: str, **link: Any) -> None:
        """Register users by invitations, with a password; `link` as the fields of InvitationCreate."""
        for nickname in nicknames:
            arrival = Arrival(
                name=nickname.title(), email=f"{nickname}@example.org", nickname=nickname, password=PASSWORD
            )
            self.people[nickname] = await self.core.accounts.register(await self.link(**link), arrival)
            self.admin = self.admin or nickname

    async def link(self, **wanted: Any) -> str:
        """The secret of a new link; before the first user it is that of the setup."""
        if not self.admin:
            links, _ = await self.core.invitations.setup_links()
            assert links is not None
            return links.setup
        made = await self.core.invitations.add(self.caller(self.admin), InvitationCreate(**wanted))
        return made.result.secret

    def caller(self, nickname: str) -> Caller:
        """A user as a caller of the domain."""
        return Caller(self.people[nickname], admin=nickname == self.admin)

    async def cookie(self, nickname: str) -> str:
        """The session cookie of a new browser in which the user is signed in."""
        secret = await self.core.sessions.start(self.people[nickname].id, "a browser", "192.0.2.1", proven=True)
        return self.core.signing_key.sign("session", secret)

    async def token(self, nickname: str, scope: Any = "write", days: int | None = None) -> str:
        """A new API token of a user."""
        data = TokenCreate(name="a program", scope=scope, days=days)
        return (await self.core.tokens.add(self.people[nickname].id, data)).result.token

    def client(
        self, cookie: str = "", token: str = "", address: str = "192.0.2.1", scheme: str = "http"
    ) -> httpx.AsyncClient:
        """A browser or an API client at an address; without a cookie and a token it is anonymous."""
        app: Any = self.app  # the two libraries name the same types differently
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40_000))
        client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://house.example")
        if cookie:
            client.cookies.set(cookie_at(client.base_url), cookie)
        if token:
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    async def browser(self, nickname: str) -> httpx.AsyncClient:
        """A browser in which the user is signed in."""
        return self.client(await self.cookie(nickname))

    async def board(self, name: str = "Allotment", **members: Role) -> int:
        """A new shared board with roles by nickname; the first owner creates it."""
        owner = next(nickname for nickname, role in members.items() if role == "owner")
        board = (await self.core.boards.add(self.caller(owner), BoardCreate(name=name))).result
        for nickname, role in members.items():
            if nickname != owner:
                someone = self.people[nickname].id
                await self.core.members.set(self.caller(owner), board.id, someone, MemberUpdate(role=role))
        return board.id

    async def room(self, name: str = "Committee", **members: RoomRole) -> int:
        """A new closed room with roles by nickname; the first owner creates it."""
        owner = next(nickname for nickname, role in members.items() if role == "owner")
        room = (await self.core.rooms.add(self.caller(owner), RoomCreate(name=name, closed=True))).result
        for nickname, role in members.items():
            if nickname != owner:
                someone, update = self.people[nickname].id, RoomMemberUpdate(role=role)
                await self.core.room_members.set(self.caller(owner), room.id, someone, update)
        return room.id

    async def say(self, nickname: str, room_id: int, content: str = "psst") -> MessageOut:
        """A new message of a user in a room."""
        said = RoomMessageCreate(author_id=self.people[nickname].id, content=content)
        return (await self.core.messages.post(self.caller(nickname), room_id, said)).result.message

    async def note(self, nickname: str, board_id: int, title: str = "a note") -> NoteOut:
        """A new note of a user on a board."""
        return (await self.core.notes.add(self.caller(nickname), board_id, NoteCreate(title=title))).result

    async def note_by_nobody(self, title: str) -> NoteOut:
        """A note of open mode."""
        return (await self.core.notes.add(ANYBODY, 1, NoteCreate(title=title))).result

    async def events(self, after: EventId, *topics: str) -> list[Json]:
        """The events of these topics after a position in the log."""
        found = await self.core.log.since(set(topics), after, 10**9)
        assert found is not None
        return [json.loads(message.data) for message in found]

    async def grant(self, cookie: str = "", token: str = "") -> Grant:
        """The grant of a browser's session, or of a token."""
        cache = self.core.access_cache
        secret = self.core.signing_key.verify("session", cookie) or ""
        grant = await (cache.token(token) if token else cache.session(secret, trusted=False))
        assert grant is not None
        return grant

    def watch(self, grant: Grant) -> tuple[asyncio.Event, Callable[[], None]]:
        """Watch a stream of the shared board; returns what is set when it must end, and what says that it has ended."""
        ended, subscription = asyncio.Event(), self.core.feed.subscribe({SHARED_BOARD}, None, sse)
        topics = subscription.reader.channel.topics
        return ended, self.core.stream_revocation.watch_stream(grant, topics, subscription, ended.set)

    async def session_id(self, cookie: str) -> int:
        """The id of a browser's session."""
        secret = self.core.signing_key.verify("session", cookie)
        assert secret is not None
        found = await self.core.sessions.find(secret)
        assert found is not None
        return found.id

    @staticmethod
    def kept(secret: str) -> str:
        """The stored form of a secret."""
        return hash_of(secret)


@asynccontextmanager
async def opened_house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """An application without users. In open mode its clients' host name has to be configured."""
    names = ("house.example",) if settings.get("access") == "open" else ()
    house = House(create_app(settings_for(folder, **{"access": "accounts", "hosts": names, **settings})))
    with no_wait_for_the_disk():
        await house.app.startup()
    try:
        yield house
    finally:
        await house.app.shutdown()


Furnish = Callable[[House], Awaitable[None]]
_furnished: dict[Furnish, tuple[bytes, House]] = {}


@asynccontextmanager
async def furnished_house(folder: Path, furnish: Furnish) -> AsyncIterator[House]:
    """An application that `furnish` has filled. On SQLite that happens once; others begin with a copy of its file."""
    if postgres.chosen():
        async with opened_house(folder) as house:
            await furnish(house)
            yield house
        return
    if furnish not in _furnished:
        with TemporaryDirectory() as first:
            async with opened_house(Path(first)) as house:
                await furnish(house)
            _furnished[furnish] = database_file(house.core.settings).read_bytes(), house
    file, model = _furnished[furnish]
    put_database(folder, file)
    async with opened_house(folder) as house:
        house.people, house.admin = dict(model.people), model.admin
        yield house


async def welcome_four(house: House) -> None:
    """Register root, the administrator, ada, bob and eve."""
    await house.welcome("root", "ada", "bob", "eve")
