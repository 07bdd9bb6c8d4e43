"""A conversation opens at the first unread message, painted once."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.rooms import be, expect_at_end, fresh, message, person, room, say
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


@pytest.fixture(scope="module")
def talk(shared_server) -> Any:
    """Creates a room with messages that ada and dan have read, and new ones; returns both, the room, the new ones."""

    def make(read: int, new: int) -> tuple[list[dict[str, Any]], int, list[str]]:
        with httpx.Client(base_url=shared_server.base, verify=False) as rest:
            ada, bob, cy, dan = (person(rest, nickname) for nickname in ("ada", "bob", "cy", "dan"))
            place = room(rest)
            old = [say(rest, place, (ada, bob)[n % 2], f"{fresh('old')} {'word ' * (n % 40)}") for n in range(read)]
            for reader in (ada, dan) if old else ():
                rest.post(f"/api/rooms/{place}/read", json={"reader_id": reader["id"], "message_id": old[-1]["id"]})
            said = [say(rest, place, (bob, cy)[n % 3 // 2], f"{fresh('new')} {'word ' * (n % 30)}") for n in range(new)]
        return [ada, dan], place, [one["content"].strip() for one in said]

    return make


def opened(page: Page, shared_server, who, place: int) -> list[str]:
    """Open the room, and wait until its layout is stable; returns the API requests."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({WATCH})()")
    visit(be(page, shared_server, who), shared_server, f"/front/rooms/{place}")
    expect(page.locator(".here-count")).to_have_text(re.compile(r"^[1-9] here$"))
    page.wait_for_load_state("networkidle")
    return [url for url in asked if "/messages?" in url]


@pytest.mark.parametrize(("read", "new"), [(0, 120), (60, 120), (200, 20), (30, 260)])
def test_a_room_opens_at_the_first_unread_message_and_stays_there(windows, shared_server, talk, read, new):
    readers, place, said = talk(read, new)
    for reader, size in zip(readers, (SIZE, PHONE), strict=True):
        page = windows(viewport=size)
        asked = opened(page, shared_server, reader, place)
        expect_first_unread(page, said[0], new)
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
    [ada, _], place, said = talk(60, 3)
    page = windows()

    opened(page, shared_server, ada, place)

    expect(message(page, said[0]).locator(".new-line")).to_be_in_viewport()
    expect_at_end(page)
    assert sum(page.evaluate("shifts")) <= MOST_SHIFT


def test_the_jump_button_and_the_badge_show_the_same_count(windows, shared_server, rest, talk, bob):
    [ada, _], place, _ = talk(10, 110)
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
    [ada, _], place, said = talk(0, 260)
    page = windows()
    opened(page, shared_server, ada, place)
    expect(page.locator("#messages > li")).to_have_count(100)
    shown: set[int] = set()

    def down() -> bool:
        page.evaluate("document.querySelector('#log').scrollTop += 1500")
        shown.update(page.evaluate("[...document.querySelectorAll('#messages > li')].map(({dataset}) => +dataset.id)"))
        return message(page, said[-1]).count() == 1

    wait_for(down, "the newest is there", 20)
    down()
    assert sorted(shown) == [one["id"] for one in rest.get(f"/api/rooms/{place}/messages").json()]
    assert sum(page.evaluate("shifts")) <= MOST_SHIFT


def test_the_jump_button_covers_nothing(windows, shared_server, talk):
    readers, place, _ = talk(0, 60)
    for reader, size in zip(readers, (SIZE, PHONE), strict=True):
        page = windows(viewport=size)
        opened(page, shared_server, reader, place)
        pill, log, form = (page.locator(one).bounding_box() for one in ("#jump", "#log", "#message-form"))
        assert pill
        assert log
        assert form
        assert log["y"] + log["height"] <= pill["y"]
        assert pill["y"] + pill["height"] <= form["y"]
        page.evaluate("document.querySelector('#log').scrollTop = 0")
        expect(page.locator("#jump")).to_be_hidden()
        assert page.locator("#log").bounding_box() == log


def test_without_scripts_a_link_leads_to_the_newest_messages(windows, shared_server, talk):
    [ada, _], place, said = talk(0, 130)
    page = be(windows(java_script_enabled=False), shared_server, ada)
    page.goto(f"{shared_server.base}/front/rooms/{place}")
    expect(message(page, said[0]).locator(".new-line")).to_be_visible()
    expect(message(page, said[-1])).to_have_count(0)

    page.get_by_role("link", name="Newest messages").click()

    expect(message(page, said[-1])).to_be_visible()
    expect(page).to_have_url(re.compile("before_id="))
