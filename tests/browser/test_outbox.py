"""Messages are neither lost nor sent twice."""

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.rooms import be, connection_lost, fresh, message, person, room, said, unsent, write
from tests.browser.windows import visit

FIELD = "#message-form [name=content]"


@pytest.fixture(scope="module")
def her_window(module_windows, shared_server):
    """A user's window, for all tests: each sends all its messages in the end."""
    with httpx.Client(base_url=shared_server.base, verify=False) as rest:
        return be(module_windows(), shared_server, person(rest))


@pytest.fixture
def page(her_window, shared_server, place):
    """The same, in a room of the test's own."""
    return visit(her_window, shared_server, f"/front/rooms/{place}")


def test_a_draft_survives_a_reload_in_its_own_room_and_is_deleted_when_sent(page, rest, shared_server, place):
    other = room(rest)
    page.fill(FIELD, "half a\nthought")

    visit(page, shared_server, f"/front/rooms/{other}")
    expect(page.locator(FIELD)).to_have_value("")
    visit(page, shared_server, f"/front/rooms/{place}")
    expect(page.locator(FIELD)).to_have_value("half a\nthought")
    page.press(FIELD, "Enter")
    expect(message(page, "half a")).to_have_count(1)
    visit(page, shared_server, f"/front/rooms/{place}")

    expect(page.locator(FIELD)).to_have_value("")


def test_unsent_messages_stay_visible_and_are_sent_when_online(page, rest, place):
    connection_lost(page)
    first, second = fresh("first"), fresh("second")

    write(page, first)
    write(page, second)
    for words in (first, second):
        expect(unsent(page, words)).to_contain_text("Not sent: no connection.")
        expect(unsent(page, words).get_by_role("button", name="Retry")).to_be_visible()
    page.context.set_offline(False)

    for words in (first, second):
        expect(message(page, words)).to_have_count(1)
    expect(page.locator("#outbox > li")).to_have_count(0)
    assert said(rest, place) == [first, second]


def test_a_lost_response_causes_no_duplicate(page, rest, place):
    words = fresh()

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/api/rooms/*/messages", lose, times=1)
    write(page, words)

    # Its event still arrives, which proves that it was sent.
    expect(message(page, words)).to_have_count(1)
    expect(page.locator("#outbox > li")).to_have_count(0)
    assert said(rest, place) == [words]


def test_a_retry_of_a_stored_message_causes_no_duplicate(page, rest, place):
    words = fresh()
    connection_lost(page)
    write(page, words)
    expect(unsent(page, words)).to_contain_text("Not sent")
    key = unsent(page, words).get_attribute("data-key")
    ada = int(page.locator("html").get_attribute("data-person"))
    rest.post(f"/api/rooms/{place}/messages", json={"author_id": ada, "content": words, "client_key": key})

    page.context.set_offline(False)

    expect(message(page, words)).to_have_count(1)
    expect(page.locator("#outbox > li")).to_have_count(0)
    assert said(rest, place) == [words]


def test_unsent_messages_are_retried_edited_or_sent_once_after_a_reload(page, rest, shared_server, place):
    words, other = fresh(), fresh("other")
    page.route("**/api/rooms/*/messages", lambda route: route.abort())
    write(page, words)
    write(page, other)
    expect(unsent(page, other)).to_contain_text("No answer")

    unsent(page, other).get_by_role("button", name="Edit it").click()
    expect(page.locator(FIELD)).to_have_value(other)
    expect(page.locator(FIELD)).to_be_focused()
    write(page, other)
    expect(unsent(page, other)).to_contain_text("No answer")
    page.unroute("**/api/rooms/*/messages")
    unsent(page, words).get_by_role("button", name="Retry").click()
    expect(message(page, words)).to_have_count(1)
    visit(page, shared_server, f"/front/rooms/{place}")

    expect(message(page, other)).to_have_count(1)
    expect(page.locator("#outbox > li")).to_have_count(0)
    assert said(rest, place) == [words, other]


def test_a_tab_keeps_the_unsent_messages_of_another_tab(page, module_windows, rest, shared_server, place):
    words, other = fresh(), fresh("other")
    first, second = visit(module_windows(page.context), shared_server, f"/front/rooms/{place}"), page
    first.route("**/api/rooms/*/messages", lambda route: route.abort())
    write(first, words)
    expect(unsent(first, words)).to_contain_text("No answer")

    write(second, other)
    expect(message(second, other)).to_have_count(1)
    first.close()
    visit(second, shared_server, f"/front/rooms/{place}")

    expect(message(second, words)).to_have_count(1)
    assert said(rest, place) == [other, words]


def test_a_too_long_text_is_refused_beside_the_field_and_stays(page, rest, place):
    page.fill(FIELD, "🙂" * 4001)
    expect(page.locator(".characters-left")).to_have_text("1 too many")

    page.press(FIELD, "Enter")
    expect(page.locator("#message-content-error")).to_contain_text("4000")
    expect(page.locator(FIELD)).to_have_value("🙂" * 4001)
    page.fill(FIELD, "🙂" * 4000)
    page.press(FIELD, "Enter")

    expect(page.locator("#messages > li")).to_have_count(1)
    assert said(rest, place) == ["🙂" * 4000]


def test_a_message_is_never_shown_twice_while_it_is_sent(page, rest, place):
    page.evaluate(
        """() => {
          window.twice = 0;
          const look = () => {
            const texts = [...document.querySelectorAll("#log .content")].map(({ textContent }) => textContent);
            if (new Set(texts).size < texts.length) window.twice++;
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    words = [fresh() for _ in range(10)]

    for one in words:
        write(page, one)
    expect(page.locator("#messages > li")).to_have_count(10)

    assert page.evaluate("window.twice") == 0
    assert said(rest, place) == words


def test_an_arriving_message_causes_no_layout_shift(page):
    held: list[Route] = []

    def hold(route):
        held.append(route)

    page.route("**/api/rooms/*/messages", hold)
    for words in (fresh("the first of a day"), fresh("one that goes on")):
        write(page, words)
        expect(unsent(page, words)).to_contain_text("Sending")
        before = unsent(page, words).locator(".content").bounding_box()
        while not held:
            page.wait_for_timeout(10)  # the request comes after the words

        held.pop().continue_()
        expect(message(page, words)).to_have_count(1)
        expect(unsent(page, words)).to_have_count(0)

        assert message(page, words).locator(".content").bounding_box() == before
    page.unroute("**/api/rooms/*/messages")
