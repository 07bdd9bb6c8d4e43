"""Signing in with a password, and counting its hashes."""

import threading
from collections import Counter

import httpx

from quart_notes.domain import passwords
from quart_notes.web.security.credentials import COOKIE, DEVICE_COOKIE, CookieScope
from tests.support.routes import PASSWORD

WRONG = "wrong horse battery"


async def sign_in(client: httpx.AsyncClient, nickname: str = "ada", password: str = PASSWORD) -> httpx.Response:
    """The response to a sign-in."""
    return await client.post("/api/sign-in", json={"nickname": nickname, "password": password})


def cookie_at(base: object, stem: str = COOKIE) -> str:
    """The name of a cookie that a server at this URL sets."""
    url = httpx.URL(str(base))
    secure = url.scheme == "https"
    return CookieScope(secure, url.port or (443 if secure else 80), url.path.rstrip("/")).name(stem)


def session_of(client: httpx.Client | httpx.AsyncClient, stem: str = COOKIE) -> str:
    """The value of a client's session cookie."""
    return client.cookies[cookie_at(client.base_url, stem)]


def device_of(client: httpx.AsyncClient) -> str:
    """The value of a client's device cookie."""
    return session_of(client, DEVICE_COOKIE)


class Counted:
    """The password hasher, with its calls and their maximum concurrency counted."""

    def __init__(self) -> None:
        self.hasher = passwords.HASHER
        self.calls: Counter[str] = Counter()
        self.now = self.most = 0
        self._lock = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()

    def _begin(self, what: str) -> None:
        with self._lock:
            self.calls[what] += 1
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(20)

    def verify(self, kept: str, password: str) -> bool:
        """Verify a hash."""
        self._begin("verify")
        try:
            return self.hasher.verify(kept, password)
        finally:
            with self._lock:
                self.now -= 1

    def hash(self, password: str) -> str:
        """Create a hash."""
        self._begin("hash")
        try:
            return self.hasher.hash(password)
        finally:
            with self._lock:
                self.now -= 1
