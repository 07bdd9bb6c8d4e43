"""A conversation opens at the first unread message, painted once."""

import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.rooms import Person, be, expect_at_end, fresh, message, person, room, say
from tests.browser.windows import SIZE, visit
from tests.support.servers.server_process import wait_for

WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({value}) => value)))
    .observe({type: "layout-shift", buffered: true});
  window.places = new Set();
  const look = () => {
    const line = document.querySelector("#messages .new-line:not([hidden])");
    if (line) places.add(Math.round(line.getBoundingClientRect().top));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
MOST_SHIFT = 0.02
PHONE = {"width": 390, "height": 844}


MESSAGES = 200  # several pages
READERS = 8  # as many as the tests need


class Talk:
    """A room of a few users, and readers who have read a part of its messages."""

    def __init__(self, base: str, messages: int, readers: int) -> None:
        self._rest = httpx.Client(base_url=base, verify=False)
        self.place = room(self._rest)
        # Messages before somebody's arrival are not unread.
        self._readers = [person(self._rest, "ada") for _ in range(readers)]
        bob, cy = person(self._rest, "bob"), person(self._rest, "cy")
        self._said = [
            say(self._rest, self.place, (bob, cy)[n % 3 // 2], f"{fresh('said')} {'word ' * (n % 40)}")
            for n in range(messages)
        ]

    def reader(self, read: int) -> Person:
        """Another user who has read so many of the messages."""
        who = self._readers.pop()
        if read:
            about = {"reader_id": who["id"], "message_id": self._said[read - 1]["id"]}
            self._rest.post(f"/api/rooms/{self.place}/read", json=about).raise_for_status()
        return who

    def text(self, number: int) -> str:
        """The text of a message, by its number from 0 on."""
        return str(self._said[number]["content"]).strip()

    def close(self) -> None:
        """Close its connection."""
        self._rest.close()


@pytest.fixture(scope="module")
def talk(shared_server) -> Iterator[Talk]:
    """A long conversation, which no test changes."""
    with closing(Talk(shared_server.base, MESSAGES, READERS)) as talk:
        yield talk


def opened(page: Page, shared_server, who, place: int) -> list[str]:
    """Open the room, and wait until its layout is stable; returns the API requests."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({WATCH})()")
    visit(be(page, shared_server, who), shared_server, f"/front/rooms/{place}")
    expect(page.locator(".here-count")).to_have_text(re.compile(r"^[1-9] here$"))
    page.wait_for_load_state("networkidle")
    return [url for url in asked if "/messages?" in url]


def test_a_room_opens_at_the_first_unread_message_and_stays_there(windows, shared_server, talk):
    for read, size in ((0, SIZE), (80, SIZE), (80, PHONE)):
        page = windows(viewport=size)
        asked = opened(page, shared_server, talk.reader(read), talk.place)
        expect_first_unread(page, talk.text(read), MESSAGES - read)
        assert asked == []
        page.goto("about:blank")


def expect_first_unread(page: Page, first: str, new: int) -> None:

    line = message(page, first).locator(".new-line")
    expect(line).to_be_in_viewport()
    expect(page.locator(".new-line:visible")).to_have_count(1)
    log = page.locator("#log").bounding_box()
    at = line.bounding_box()
    assert log and at
    assert log["y"] <= at["y"] < log["y"] + log["height"] / 3
    assert len(page.evaluate("[...places]")) == 1  # in every frame since the first
    assert sum(page.evaluate("shifts")) <= MOST_SHIFT
    badge = page.locator("#rooms-place .badge-count")
    expect(page.locator("#jump")).to_have_text(f"{new} new")
    expect(badge).to_have_text("99+" if new > 99 else str(new))


def test_a_room_with_few_unread_messages_is_shown_to_the_end(windows, shared_server, talk):
    page = windows()

    opened(page, shared_server, talk.reader(MESSAGES - 3), talk.place)

    expect(message(page, talk.text(MESSAGES - 3)).locator(".new-line")).to_be_in_viewport()
    expect_at_end(page)
    assert sum(page.evaluate("shifts")) <= MOST_SHIFT


def test_the_last_few_unread_messages_are_shown_and_the_jump_button_covers_nothing(windows, shared_server, talk):
    read = MESSAGES - 20
    for size in (SIZE, PHONE):
        page = windows(viewport=size)
        assert opened(page, shared_server, talk.reader(read), talk.place) == []
        expect_first_unread(page, talk.text(read), MESSAGES - read)
        pill, log, form = (page.locator(one).bounding_box() for one in ("#jump", "#log", "#message-form"))
        assert pill
        assert log
        assert form
        assert log["y"] + log["height"] <= pill["y"]
        assert pill["y"] + pill["height"] <= form["y"]
        page.evaluate("document.querySelector('#log').scrollTop = 0")
        expect(page.locator("#jump")).to_be_hidden()
        assert page.locator("#log").bounding_box() == log


def test_the_jump_button_and_the_badge_show_the_same_count(windows, shared_server, rest, bob):
    with closing(Talk(shared_server.base, 112, 1)) as own:
        place, ada = own.place, own.reader(2)
    page = windows()
    opened(page, shared_server, ada, place)
    pill, badge = page.locator("#jump"), page.locator("#rooms-place .badge-count")

    further = say(rest, place, bob, fresh())
    expect(badge).to_have_text("99+")
    expect(pill).to_have_text("111 new")
    taken_back = say(rest, place, bob, fresh())
    expect(pill).to_have_text("112 new")
    rest.delete(f"/api/messages/{taken_back['id']}?author_id={bob['id']}")
    expect(pill).to_have_text("111 new")
    expect(badge).to_have_text("99+")
    pill.click()

    expect(message(page, further["content"])).to_be_in_viewport()
    expect(page.locator("#rooms-place .badge")).to_be_hidden()
    expect(pill).to_be_hidden()


def test_scrolling_down_loads_newer_messages_and_keeps_the_scroll_position(windows, shared_server, rest, talk):
    page = windows()
    opened(page, shared_server, talk.reader(0), talk.place)
    expect(page.locator("#messages > li")).to_have_count(100)
    shown: set[int] = set()

    def down() -> bool:
        page.evaluate("document.querySelector('#log').scrollTop += 1500")
        shown.update(page.evaluate("[...document.querySelectorAll('#messages > li')].map(({dataset}) => +dataset.id)"))
        return message(page, talk.text(-1)).count() == 1

    wait_for(down, "the newest is there", 20)
    down()
    assert sorted(shown) == [one["id"] for one in rest.get(f"/api/rooms/{talk.place}/messages").json()]
    assert sum(page.evaluate("shifts")) <= MOST_SHIFT


def test_without_scripts_a_link_leads_to_the_newest_messages(windows, shared_server, talk):
    page = be(windows(java_script_enabled=False), shared_server, talk.reader(0))
    page.goto(f"{shared_server.base}/front/rooms/{talk.place}")
    expect(message(page, talk.text(0)).locator(".new-line")).to_be_visible()
    expect(message(page, talk.text(-1))).to_have_count(0)

    page.get_by_role("link", name="Newest messages").click()

    expect(message(page, talk.text(-1))).to_be_visible()
    expect(page).to_have_url(re.compile("before_id="))
