"""The scroll position in a conversation, new messages, and read markers."""

import re
from functools import partial

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.rooms import enter, expect_at_end, fresh, message, person, room, say, unread, write
from tests.browser.windows import change_script, visit
from tests.support.servers.server_process import wait_for

IN_SIGHT = """async () => {
  const pause = new Promise(done => setTimeout(done, 2000)); // a busy browser may draw no frames
  const frame = () => Promise.race([new Promise(requestAnimationFrame), pause]);
  for (let frames = 0; frames < 3; frames++) await frame(); // messages get their size when they come near
  const log = document.querySelector("#log").getBoundingClientRect();
  const items = [...document.querySelectorAll("#messages > li")];
  const item = items.find(item => item.getBoundingClientRect().top >= log.top);
  return [item.id, item.getBoundingClientRect().top];
}"""

OLDER = re.compile(r"/messages\?.*before_id=")
SCROLL = "top => { document.querySelector('#log').scrollTop = top; }"


def assert_same_place(after: tuple[str, float], before: tuple[str, float]) -> None:
    """The first visible message is the same, at the same offset within half a pixel: scroll offsets are integers."""
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) < 1


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(enter, windows, shared_server)


@pytest.fixture(scope="module")
def long_room(shared_server):
    """A room with 230 messages of a user who is not connected."""
    with httpx.Client(base_url=shared_server.base, verify=False) as rest:
        author, place = person(rest, "cy"), room(rest)
        for number in range(230):
            say(rest, place, author, f"message number {number}\n" * (1 + number % 3))
        return place


def test_scrolling_up_loads_older_messages_and_keeps_the_scroll_position(come, ada, long_room):
    page = come(ada, long_room)
    expect(page.locator("#messages > li")).to_have_count(50)
    expect_at_end(page)

    page.evaluate(SCROLL, -2600)
    before = page.evaluate(IN_SIGHT)
    expect(page.locator("#messages > li")).to_have_count(150)
    after = page.evaluate(IN_SIGHT)
    page.evaluate(SCROLL, -100_000)
    expect(page.locator("#messages > li")).to_have_count(230)
    page.evaluate(SCROLL, -100_000)

    assert_same_place(after, before)
    expect(page.locator("#older .beginning")).to_be_visible()
    expect(page.locator("#messages > li").first).to_contain_text("message number 0")
    assert page.locator("#log").get_attribute("aria-live") == "off"  # older messages are not announced


def test_loading_older_messages_is_retried(windows, shared_server, ada, long_room):
    page = rooms.be(windows(), shared_server, ada)
    page.route(OLDER, lambda route: route.abort())
    visit(page, shared_server, f"/front/rooms/{long_room}")

    page.evaluate(SCROLL, -100_000)
    expect(page.locator("#older")).to_contain_text("could not be loaded")
    page.unroute(OLDER)
    page.get_by_role("link", name="Older messages").click()

    expect(page.locator("#messages > li")).to_have_count(150)


def test_a_message_below_the_view_is_counted_and_keeps_the_scroll_position(come, rest, ada, bob, long_room):
    page = come(ada, long_room)
    page.evaluate(SCROLL, -1000)
    expect(page.locator("#jump")).to_be_visible()
    before = page.evaluate(IN_SIGHT)

    notes = [say(rest, long_room, bob, fresh() + "\nand more") for _ in range(3)]
    expect(page.locator("#jump")).to_have_text("3 new")
    assert_same_place(page.evaluate(IN_SIGHT), before)
    page.locator("#jump").click()

    expect_at_end(page)
    expect(message(page, notes[2]["content"])).to_be_in_viewport()
    expect(message(page, notes[0]["content"]).locator(".new-line")).to_be_visible()
    expect(message(page, notes[1]["content"]).locator(".new-line")).to_be_hidden()


def test_a_message_at_the_end_is_visible_and_read(come, rest, ada, bob, long_room):
    page = come(ada, long_room)

    note = say(rest, long_room, bob, fresh())
    expect(message(page, note["content"])).to_be_in_viewport()

    wait_for(lambda: unread(rest, ada, long_room) == 0, "it is read")
    expect(message(page, note["content"]).locator(".new-line")).to_be_hidden()
    expect_at_end(page)
    page.evaluate(SCROLL, -100_000)
    expect(page.locator("#messages > li").nth(100)).to_be_attached()
    expect(page.locator(".new-line:visible")).to_have_count(0)


def test_a_message_out_of_view_stays_unread_until_it_is_visible(come, rest, ada, bob):
    place = room(rest)
    page = come(ada, place)
    for _ in range(30):
        say(rest, place, ada, fresh())
    expect(page.locator("#messages > li")).to_have_count(30)
    page.evaluate(SCROLL, -400)
    expect(page.locator("#jump")).to_be_visible()

    with page.expect_request(re.compile("/read$")) as request:
        note = say(rest, place, bob, fresh())
        expect(page.locator("#jump")).to_have_text("1 new")
        assert unread(rest, ada, place) == 1
        page.locator("#jump").click()

    assert request.value.post_data_json == {"reader_id": ada["id"], "message_id": note["id"]}
    wait_for(lambda: unread(rest, ada, place) == 0, "it is read")


def test_a_hidden_tab_marks_nothing_as_read(come, rest, ada, bob):
    place = room(rest)
    page = come(ada, place)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")

    first, second = (say(rest, place, bob, fresh()) for _ in range(2))
    expect(message(page, second["content"])).to_have_count(1)
    expect(message(page, first["content"]).locator(".new-line")).to_be_visible()
    page.evaluate("new Promise(done => setTimeout(done, 500))")  # longer than the delay of a read marker
    assert not [url for url in asked if url.endswith("/read")]
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")

    wait_for(lambda: unread(rest, ada, place) == 0, "it is read")
    expect(message(page, first["content"]).locator(".new-line")).to_be_visible()
    answer = fresh("answer")
    write(page, answer)
    expect(message(page, answer)).to_have_count(1)
    expect(page.locator(".new-line:visible")).to_have_count(0)


def test_old_messages_are_dropped_from_the_page_and_load_again(windows, shared_server, rest, ada, bob):
    place = room(rest)
    page = rooms.be(windows(), shared_server, ada)
    change_script(page, "room", {"const MOST = 150;": "const MOST = 60;", "const KEPT = 75;": "const KEPT = 30;"})
    visit(page, shared_server, f"/front/rooms/{place}")
    for number in range(70):
        say(rest, place, bob, f"number {number}")
    expect(message(page, "number 69")).to_have_count(1)

    assert page.locator("#messages > li").count() < 60
    expect_at_end(page)
    page.evaluate(SCROLL, -100_000)
    expect(page.locator("#messages > li")).to_have_count(70)


@pytest.fixture
def above(windows, shared_server, ada, long_room):
    """A page so far up in a long room that the newest messages were removed from it."""
    page = rooms.be(windows(), shared_server, ada)
    change_script(page, "room", {"const MOST = 1_500;": "const MOST = 140;"})
    visit(page, shared_server, f"/front/rooms/{long_room}")
    page.evaluate(SCROLL, -100_000)
    expect(page.locator("#messages[data-detached]")).to_have_count(1)
    return page


def test_scrolling_far_up_removes_the_newest_and_scrolling_down_loads_them_again(above, rest, bob, long_room):
    note = say(rest, long_room, bob, fresh("later"))
    expect(above.locator("#jump")).to_have_text("1 new")
    shown = set()

    def down():
        above.evaluate("document.querySelector('#log').scrollTop += 3000")
        shown.update(above.evaluate("[...document.querySelectorAll('#messages > li')].map(({dataset}) => +dataset.id)"))
        return note["id"] in shown

    wait_for(down, "the newest is there again")
    assert above.locator("#messages > li").count() <= 240
    ids = [one["id"] for one in rest.get(f"/api/rooms/{long_room}/messages").json()]
    assert shown >= {one for one in ids if one >= min(shown)}
    above.evaluate(SCROLL, 0)
    expect_at_end(above)


def test_posting_and_the_jump_button_scroll_to_the_newest(above, rest, bob, long_room):
    answer = fresh("answer")
    write(above, answer)
    expect(message(above, answer)).to_be_in_viewport()
    expect(above.locator("#outbox > li")).to_have_count(0)
    expect_at_end(above)

    above.evaluate(SCROLL, -100_000)
    expect(above.locator("#messages[data-detached]")).to_have_count(1)
    note = say(rest, long_room, bob, fresh("later"))
    expect(above.locator("#jump")).to_have_text("1 new")
    above.locator("#jump").click()

    expect(message(above, note["content"])).to_be_in_viewport()
    expect_at_end(above)
    write(above, again := fresh("again"))
    expect(message(above, again)).to_be_in_viewport()


def test_a_message_in_the_same_frame_does_not_undo_a_jump_to_the_newest(come, rest, ada, bob, long_room):
    page = come(ada, long_room)
    page.evaluate(SCROLL, -1000)
    expect(page.locator("#jump")).to_be_visible()
    page.evaluate("() => { window.late = []; window.requestAnimationFrame = (work) => late.push(work); }")
    note = say(rest, long_room, bob, fresh() + "\nand more" * 9)
    expect(message(page, note["content"])).to_have_count(1)

    page.evaluate("document.querySelector('#jump').click()")
    page.evaluate("late.splice(0).forEach((work) => work(performance.now()))")

    expect(message(page, note["content"])).to_be_in_viewport()
    expect_at_end(page)
