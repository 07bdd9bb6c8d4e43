"""The objects that tests/support/routes.py refers to, created on a server, and a check of all stored data."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from quart_notes.web.security.credentials import COOKIE
from tests.support.clients.raw_http import exchange
from tests.support.clients.raw_http import request as raw_request
from tests.support.clients.signing_in import session_of
from tests.support.routes import PASSWORD, TASK
from tests.support.servers import postgres
from tests.support.servers.server_process import ServerProcess, wait_for


def furnish(server: ServerProcess) -> None:
    """Create the objects that tests/support/routes.py refers to, on an empty server."""
    first, second = (
        {"name": f"Person {nickname}", "email": f"{nickname}@example.org", "nickname": nickname}
        for nickname in ("first", "second")
    )
    with httpx.Client(base_url=server.base, verify=False, trust_env=False) as client:
        if server.in_accounts_mode:
            begun = client.post(f"/front/join/{server.links()['setup']}", data={**first, "password": PASSWORD})
        else:
            assert client.post("/api/users", json=first).status_code == 201
            begun = client.post("/front/me", data={"person_id": 1})
        assert begun.status_code == 303, begun.text
        server.me = f"Cookie: {COOKIE}={session_of(client)}"
        made = [client.post("/api/notes", json={"title": "the only one", "description": TASK})]
        made += [client.post("/api/users", json=second)]
        made += [client.post("/api/rooms/1/messages", json={"author_id": 1, "content": "the first word"})]
        made += [client.post("/api/boards", json={"name": "Allotment"})]
        made += [client.post("/api/boards/4/labels", json={"name": "Shopping"})]
        assert client.put("/api/me/preferences/theme", json="dark").status_code == 200
        assert client.post("/api/assistant/room").status_code == 201  # opening it again changes nothing
        assert client.post("/api/rooms", json={"name": "Committee", "closed": True}).json()["id"] == 3
        assert client.put("/api/rooms/3/members/1", json={"role": "owner"}).status_code == 200  # in open mode nobody is
        assert client.put("/api/rooms/3/members/2", json={"role": "member"}).status_code == 200
        assert put_failed_job(client) == 1
    assert [(answer.status_code, answer.json()["id"]) for answer in made] == [
        *((201, number) for number in (1, 2, 1, 4, 1)),
    ]


def put_failed_job(client: httpx.Client) -> int:
    """A new failed job, which can be retried; returns its number."""
    sent = client.post("/api/imports", content=b"nothing that is known")
    assert sent.status_code == 202, sent.text
    wait_for(lambda: client.get(sent.headers["Location"]).json()["state"] == "failed", "it fails")
    return int(sent.json()["id"])


def put_look(client: httpx.Client) -> int:
    """A new finished dry run, which can be imported; returns its number."""
    sent = client.post("/api/imports", params={"dry_run": "true"}, json=[{"title": "a note of a look"}])
    assert sent.status_code == 202, sent.text
    wait_for(lambda: client.get(sent.headers["Location"]).json()["state"] == "done", "it has looked")
    return int(sent.json()["id"])


def everything(server: ServerProcess) -> list[bytes | str]:
    """All stored data, as the API returns it, and the newest event."""
    names = ["notes", "users", "rooms?person_id=1", "rooms/1/messages", "messages", "users/1/unread", "boards"]
    names += ["boards/4/members", "boards/4/notes", "boards/4/labels", "rooms/3/members", "me/preferences", "jobs"]
    if server.in_accounts_mode:
        names += ["me/sessions", "me/tokens", "invitations"]
    answers = [exchange(server.port, raw_request(f"/api/{name}", server.me)) for name in names]
    assert {answer.status for answer in answers} == {200}
    return [*(answer.body for answer in answers), answers[-1].headers["last-event-id"]]


class Unchanged:
    """Checks that a block leaves a server's data unchanged.

    The data is read again only after a write; PostgreSQL does not report writes, so there it is always read.
    """

    def __init__(self) -> None:
        self._files: dict[ServerProcess, sqlite3.Connection] = {}
        self._known: dict[ServerProcess, tuple[int, list[bytes | str]]] = {}

    @contextmanager
    def __call__(self, server: ServerProcess) -> Iterator[None]:
        """Fail unless the stored data is the same after the block."""
        before = self._stored(server)
        yield
        assert self._stored(server) == before, "something was stored"

    def _stored(self, server: ServerProcess) -> list[bytes | str]:
        if postgres.chosen():
            return everything(server)
        if server not in self._files:
            self._files[server] = sqlite3.connect(server.data / "quart-notes.sqlite3")
        # It changes with each commit of another process; read first, as there may be writes in between.
        (written,) = self._files[server].execute("PRAGMA data_version").fetchone()
        if server not in self._known or self._known[server][0] != written:
            self._known[server] = written, everything(server)
        return self._known[server][1]

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
