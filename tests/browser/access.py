"""Accounts mode: signing in, members of boards, and their windows."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess, wait_for

PASSWORD = "correct horse battery"
_numbers = count(1)


def fresh(word: str) -> str:
    """A name that no other test uses."""
    return f"{word}{next(_numbers):03d}"


def setup_link(server: ServerProcess) -> str:
    """The link that the server prints for its first administrator."""
    wait_for(lambda: "Set up this server" in server.log, "the first link")
    found = re.findall(r"once: (http\S+)", server.log)
    return str(found[-1])


def arrive(server: ServerProcess, link: str, nickname: str) -> httpx.Client:
    """Accept an invitation; returns a signed-in client."""
    client = httpx.Client(base_url=server.base, timeout=20, verify=False)
    about = {"name": nickname.title(), "email": f"{nickname}@example.org", "nickname": nickname}
    answer = client.post(link, data={**about, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def signed_in(server: ServerProcess, nickname: str, password: str = PASSWORD) -> httpx.Client:
    """A client of a user who has an account."""
    client = httpx.Client(base_url=server.base, timeout=20, verify=False)
    assert client.post("/front/sign-in", data={"nickname": nickname, "password": password}).status_code == 303
    return client


class Member:
    """A user with an account: an API client and windows.

    rest   the API client
    id     of the user
    """

    def __init__(self, server: ServerProcess, rest: httpx.Client, windows: Windows) -> None:
        self.server, self.rest, self.windows = server, rest, windows
        me = rest.get("/api/me").json()["user"]
        self.id: int = me["id"]
        self.nickname: str = me["nickname"]

    def window(self, path: str = "", *, own_session: bool = False, **options: Any) -> Page:
        """A signed-in browser; with a path, on that page, once its feed is live.

        own_session   give the browser a session of its own, which takes longer
        """
        page = self.windows(**options)
        if own_session:
            form: dict[str, str | float | bool] = {"nickname": self.nickname, "password": PASSWORD}
            answer = page.context.request.post(f"{self.server.base}/front/sign-in", form=form, max_redirects=0)
            assert answer.status == 303
        else:
            page.context.add_cookies(
                [{"name": name, "value": value, "url": self.server.base} for name, value in self.rest.cookies.items()]
            )
        if path and options.get("java_script_enabled", True):
            visit(page, self.server, path)
        elif path:
            page.goto(self.server.base + path)
        return page

    def board(self, name: str = "", **members: "Member") -> int:
        """The id of a new board of this user; `members` by role."""
        answer = self.rest.post("/api/boards", json={"name": name or fresh("board ")})
        assert answer.status_code == 201, answer.text
        board_id = int(answer.json()["id"])
        for role, member in members.items():
            self.give(board_id, member, role)
        return board_id

    def give(self, board_id: int, member: "Member", role: str) -> None:
        """Give a user a role on a board."""
        answer = self.rest.put(f"/api/boards/{board_id}/members/{member.id}", json={"role": role})
        assert answer.status_code == 200, answer.text

    def take(self, board_id: int, member: "Member") -> None:
        """Remove a user from a board."""
        assert self.rest.delete(f"/api/boards/{board_id}/members/{member.id}").status_code == 200

    def note(self, board_id: int, title: str) -> dict[str, Any]:
        """A note on a board."""
        answer = self.rest.post(f"/api/boards/{board_id}/notes", json={"title": title})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


def known_as(nickname: str) -> Any:
    """A fixture: a user with an account and windows, shared by all tests of the module."""

    @pytest.fixture
    def somebody(known: Callable[[str], Member]) -> Member:
        return known(nickname)

    return somebody


def switcher(page: Page) -> Locator:
    """The boards in the switcher, which this opens."""
    if page.locator("#switcher").get_attribute("open") is None:
        page.click("#switcher summary")
    return page.locator("#switcher-list .board-name")


def expect_signed_out(page: Page) -> None:
    """The page says that the session has ended, and links to sign-in."""
    expect(page.locator("#signed-out")).to_contain_text("You are signed out")
    expect(page.locator("#connection")).to_have_text("Signed out")
