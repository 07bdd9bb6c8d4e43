"""Tabs of one browser on different pages: one connection sends each its events, without duplicates or gaps."""

from contextlib import suppress
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Error, Page, expect

from tests.browser.board import card_of, create
from tests.browser.board import fresh as fresh_title
from tests.browser.rooms import be, enter, fresh, message, person, room, say
from tests.browser.windows import PATIENCE, change_script, visit
from tests.support.servers.server_process import wait_for


class Lines:
    """The open websockets of a page, by their topics."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.open: list[set[str]] = []
        self.opened = 0
        page.on("websocket", self._opened)

    def _opened(self, socket) -> None:
        topics = set(parse_qs(urlsplit(socket.url).query)["topics"][0].split(","))
        self.open.append(topics)
        self.opened += 1
        socket.on("close", lambda _: self.open.remove(topics))

    def wait(self, *there: str, without: str = "") -> None:
        """Wait until there is one connection, with these topics."""

        def found() -> bool:
            self.page.evaluate("1")  # lets Playwright process its events
            return len(self.open) == 1 and self.open[0] >= set(there) and without not in self.open[0]

        wait_for(found, f"one line with {there} and without {without!r}, not {self.open}", PATIENCE / 1000)


def test_the_connection_has_the_topics_of_all_tabs(windows, shared_server, rest, ada, bob):
    place = room(rest)
    board = be(windows(), shared_server, ada)
    lines = Lines(board)
    visit(board, shared_server)
    lines.wait("board:1", without=f"room:{place}")
    elsewhere = enter(windows, shared_server, bob, place)

    inside = visit(windows(board.context), shared_server, f"/front/rooms/{place}")
    lines.wait("board:1", f"room:{place}", f"user:{ada['id']}")
    expect(elsewhere.locator("#here")).to_contain_text(ada["nickname"], use_inner_text=False)
    other = rest.post("/api/boards", json={"name": "Allotment"}).json()["id"]
    inside.goto(f"{shared_server.base}/front/boards/{other}")
    lines.wait("board:1", f"board:{other}", without=f"room:{place}")
    expect(elsewhere.locator("#here")).not_to_contain_text(ada["nickname"])
    inside.close()

    lines.wait("board:1", without=f"board:{other}")
    assert lines.opened <= 5


def test_the_topics_of_a_crashed_tab_are_dropped_soon(windows, shared_server, rest, ada):
    other = rest.post("/api/boards", json={"name": "Allotment"}).json()["id"]
    board = be(windows(), shared_server, ada)
    lines = Lines(board)
    visit(board, shared_server)
    crashing = visit(windows(board.context), shared_server, f"/front/boards/{other}")
    lines.wait(f"board:{other}")

    with suppress(Error):
        crashing.goto("chrome://crash")

    lines.wait("board:1", without=f"board:{other}")


def test_no_event_is_lost_or_duplicated_while_tabs_open_and_close(windows, shared_server, rest, ada, bob):
    places = [room(rest) for _ in range(2)]
    board = be(windows(), shared_server, ada)
    visit(board, shared_server)
    watching = visit(windows(board.context), shared_server, "/front/rooms")
    made: list[dict[str, Any]] = []
    said: list[str] = []
    enough = Event()

    def go_on() -> None:
        with httpx.Client(base_url=shared_server.base, timeout=20, verify=False) as client:
            while not enough.wait(0.06):
                made.append(create(client, fresh_title()))
                said.append(say(client, places[-1], bob, fresh())["content"])

    busy = Thread(target=go_on)
    busy.start()
    try:
        coming = visit(windows(board.context), shared_server, f"/front/rooms/{places[0]}")
        coming.goto(f"{shared_server.base}/front/users")
        coming.close()
        leader, board = board, visit(windows(board.context), shared_server)
        leader.close()
        visit(windows(board.context), shared_server, f"/front/rooms/{places[0]}").close()
    finally:
        enough.set()
        busy.join()

    count = "99+" if len(said) > 99 else str(len(said))  # tabs take longer on a slow machine
    for page in (board, watching):
        expect(page.locator("#rooms-place .badge-count")).to_have_text(count)
    expect(watching.locator(f".room[data-room='{places[-1]}'] .badge-count")).to_have_text(count)
    expect(card_of(board, made[-1])).to_have_count(1)
    shown = board.locator(".note").evaluate_all("cards => cards.map(({ dataset }) => Number(dataset.id))")
    assert [id for id in shown if id >= made[0]["id"]] == [note["id"] for note in reversed(made)]
    assert len(said) > 5


def test_without_web_locks_each_tab_has_its_own_connection(windows, shared_server, rest, ada, bob):
    place = room(rest)
    board = be(windows(), shared_server, ada)
    board.context.add_init_script("Object.defineProperty(navigator, 'locks', {value: undefined})")
    lines = Lines(board)
    visit(board, shared_server)
    inside = visit(windows(board.context), shared_server, f"/front/rooms/{place}")
    content = fresh()

    say(rest, place, bob, content)
    note = create(rest, fresh_title())

    expect(message(inside, content)).to_have_count(1)
    expect(card_of(board, note)).to_have_count(1)
    assert not [topic for topics in lines.open for topic in topics if topic == f"room:{place}"]


def test_a_tab_from_the_back_forward_cache_gets_the_missed_events_of_its_topics(windows, shared_server, rest, ada, bob):
    place = room(rest)
    first = visit(be(windows(), shared_server, ada), shared_server)
    second = visit(windows(first.context), shared_server, f"/front/rooms/{place}")
    second.goto(f"{shared_server.base}/api/version")
    content = fresh()
    say(rest, place, bob, content)
    create(rest, fresh_title())

    second.go_back()

    expect(second.locator("#connection")).to_have_text("Live")
    expect(message(second, content)).to_have_count(1)


def test_events_on_other_topics_do_not_make_a_silent_connection_look_dead(windows, shared_server, rest, ada, bob):
    """Its connection need not deliver the events of others."""
    carol = person(rest, "carol")
    page = be(windows(), shared_server, ada)
    lines = Lines(page)
    change_script(
        page,
        "shared",
        {
            "SILENCE_MS = 30_000": "SILENCE_MS = 300",
            "SPREAD_MS = 5_000": "SPREAD_MS = 10",
            "ARRIVAL_MS = 3_000": "ARRIVAL_MS = 500",
        },
    )
    visit(page, shared_server)
    rest.post("/api/messages", json={"author_id": bob["id"], "recipient_id": carol["id"], "content": fresh()})

    for _ in range(5):  # longer than the deadline of an event
        with page.expect_response(lambda response: response.request.method == "HEAD" and "/events?" in response.url):
            pass
    note = create(rest, fresh_title())

    expect(card_of(page, note)).to_have_count(1)
    assert (lines.opened, len(lines.open)) == (1, 1)
