"""Reconnecting: when, and by which transport, on a fake clock."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import change_script, is_stream, visit
from tests.support.servers.server_process import ServerProcess, wait_for

LINES = """() => {
  window.lines = [];
  window.attempts = [];
  window.answer = "open";
  const road = (kind, ends) => class {
    constructor() {
      attempts.push([kind, performance.now()]);
      lines.push(this);
      if (answer === "open") setTimeout(() => this.onopen?.());
      if (answer === "refuse") setTimeout(() => this.drop());
    }
    drop() { this[ends]?.({code: 1006}); }
    close() {}
  };
  window.WebSocket = road("websocket", "onclose");
  window.EventSource = road("stream", "onerror");
  Math.random = () => 0.999;
}"""
CUT = """answer => {
  window.fetch = () => Promise.reject(new TypeError("no connection"));
  window.answer = answer;
  for (const line of lines.splice(0)) line.drop();
}"""
MINUTE = 60_000


def held(page: Page, server: ServerProcess) -> Page:
    """A page whose connections the test controls."""
    page.clock.install()
    page.add_init_script(f"({LINES})()")
    return visit(page, server)


def cut(page: Page, answer: str) -> None:
    """Lose the connection and stop the clock; `answer` is the outcome of later attempts."""
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.evaluate(CUT, answer)
    page.evaluate("attempts.length = 0")


def attempts(page: Page) -> list[float]:
    """Times of the attempts since the last call, in milliseconds."""
    made: list[Any] = page.evaluate("attempts.splice(0)")
    return [at for road, at in made if road == "websocket"]


@pytest.mark.parametrize("answer", ["refuse", "ignore"])
def test_attempts_of_the_first_minutes_are_at_most_4_s_apart(windows, shared_server, answer):
    page = held(windows(), shared_server)
    cut(page, answer)

    page.clock.run_for(2 * MINUTE)
    early = attempts(page)
    page.clock.run_for(10 * MINUTE)
    attempts(page)
    page.clock.run_for(10 * MINUTE)
    late = attempts(page)

    assert len(early) >= 30
    assert max(later - sooner for sooner, later in pairwise(early)) <= 4_000
    gaps = [later - sooner for sooner, later in pairwise(late)]
    assert gaps
    assert 25_000 < min(gaps) <= max(gaps) <= 41_000


COMING = {
    "focus": "dispatchEvent(new Event('focus'))",
    "key": "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', bubbles: true}))",
    "pointer": "document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))",
    "visibility": "document.dispatchEvent(new Event('visibilitychange'))",
    "online": "dispatchEvent(new Event('online'))",
}


def test_after_any_outage_user_activity_triggers_an_attempt_at_once(windows, shared_server):
    page = held(windows(), shared_server)
    cut(page, "refuse")

    for what, script in COMING.items():
        page.clock.run_for(30 * MINUTE)
        page.evaluate("attempts.length = 0")
        while not attempts(page):  # an attempt has just failed, so that the next one is half a minute away
            page.clock.run_for(1_000)
        page.clock.run_for(1_000)
        assert not attempts(page), what
        page.evaluate(script)
        page.clock.run_for(1)
        assert len(attempts(page)) == 1, what

    page.evaluate("answer = 'open'")
    page.clock.run_for(1_000)
    page.evaluate(COMING["key"])
    page.clock.run_for(1_000)
    expect(page.locator("#connection")).to_have_text("Live")


def test_typing_does_not_trigger_an_attempt_with_each_key(windows, shared_server):
    page = held(windows(), shared_server)
    cut(page, "refuse")
    page.clock.run_for(30 * MINUTE)
    attempts(page)

    page.evaluate(f"() => {{ setInterval(() => {COMING['key']}, 100); }}")
    page.clock.run_for(10_000)

    assert 8 <= len(attempts(page)) <= 11


def test_activity_in_another_tab_triggers_an_attempt_of_the_leading_tab(windows, shared_server):
    leader = held(windows(), shared_server)
    other = windows(leader.context)
    # Its fake clock runs faster than a leader can respond: a hidden tab tolerates that.
    other.add_init_script("Object.defineProperty(document, 'hidden', {value: true})")
    other.goto(shared_server.base + "/front/users")
    expect(other.locator("#connection")).to_have_attribute("data-state", "live")
    cut(leader, "refuse")
    leader.clock.run_for(30 * MINUTE)
    expect(other.locator("#connection")).to_have_attribute("data-state", "reconnecting")
    attempts(leader)
    while not attempts(leader):
        leader.clock.run_for(1_000)
    leader.clock.run_for(1_000)
    assert not attempts(leader)

    other.keyboard.press("Shift")
    waited = 0
    while not attempts(leader):
        leader.clock.run_for(10)  # messages between tabs take real time
        waited += 10
        assert waited < 20_000, "the attempt came by itself"


class Swallowing:
    """A proxy that forwards everything except upgrades, which it neither answers nor closes."""

    def __init__(self, server: ServerProcess) -> None:
        self.upgrades = 0
        self._to = ("127.0.0.1", server.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.base = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._to)
                self._ends += [client, server]
                for pair in ((client, server), (server, client)):
                    self._threads.append(Thread(target=self._pass, args=pair))
                    self._threads[-1].start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if b"upgrade: websocket" in data.lower():
                    self.upgrades += 1
                else:
                    other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close all connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._listening, *self._ends):
            end.close()


@pytest.fixture
def proxy(shared_server: ServerProcess) -> Iterator[Swallowing]:
    proxy = Swallowing(shared_server)
    yield proxy
    proxy.close()


def test_a_proxy_that_swallows_websockets_is_remembered(windows, shared_server, proxy, rest):
    page = windows()
    page.clock.install()
    visit(page, proxy)
    assert proxy.upgrades == 1
    # A stream that a busy machine opens late is no reason to try the websocket beside it here.
    change_script(page, "shared", {"HEAD_START_MS = 750;": "HEAD_START_MS = 600_000;"})

    for path in ("/front/notes", "/front/users", "/front/notes"):
        with page.expect_request(is_stream):
            visit(page, proxy, path)
    note = create(rest, fresh())
    expect(card_of(page, note)).to_have_count(1)
    assert proxy.upgrades == 1

    with page.expect_websocket():
        page.clock.fast_forward(61_000)  # the proxy may be replaced
    page.clock.fast_forward(11_000)  # until the timeout
    visit(page, proxy)
    page.clock.fast_forward(61_000)
    visit(page, proxy)
    assert proxy.upgrades == 2


def test_websockets_are_preferred_again_once_they_work(windows, shared_server, rest):
    page = windows()
    page.clock.install()
    visit(page, shared_server)
    page.evaluate("localStorage.setItem('quart-notes::road', JSON.stringify({at: Date.now(), againMs: 60000}))")
    with page.expect_request(is_stream):
        visit(page, shared_server)

    with page.expect_websocket():
        page.clock.fast_forward(61_000)
    note = create(rest, fresh())
    expect(card_of(page, note)).to_have_count(1)
    wait_for(lambda: page.evaluate("localStorage.getItem('quart-notes::road') === null"), "the event proves it")
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if is_stream(request) else None)
    visit(page, shared_server)

    assert streams == []
