"""The bar and the list of rooms: the current page and unread messages, in every tab alike."""

import re
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rooms import Person, be, created, fresh, message, person, room, say
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.windows import visit

PLACES = ["/front/notes", "/front/users", "/front/rooms"]


class Scene(NamedTuple):
    """Two users who know each other, and a room."""

    ada: Person
    bob: Person
    place: int


@pytest.fixture
def scene(rest):
    return Scene(person(rest, "ada"), person(rest, "bob"), room(rest))


@pytest.fixture
def tabs(windows, shared_server, scene):
    """Three tabs of one browser, each on another page."""
    first = be(windows(), shared_server, scene.ada)
    pages = [first, windows(first.context), windows(first.context)]
    for page, path in zip(pages, PLACES, strict=True):
        visit(page, shared_server, path)
    return pages


def total(page: Page):
    return page.locator("#rooms-place .badge")


def badge(page: Page, room_id: int):
    return page.locator(f".rooms > .room[data-room='{room_id}'] .badge")


def direct(rest, author, recipient, content: str):
    ids = {"author_id": author["id"], "recipient_id": recipient["id"]}
    return created(rest.post("/api/messages", json={**ids, "content": content}))


def expect_unread(pages: list[Page], count: int) -> None:
    for page in pages:
        expect(total(page).locator(".badge-count")).to_have_text(str(count))
        if count:
            expect(total(page)).to_be_visible()
            expect(page).to_have_title(re.compile(rf"^\({count}\) "))
        else:
            expect(total(page)).to_be_hidden()
            expect(page).to_have_title(re.compile(r"^[^(]"))


def test_messages_are_unread_in_every_tab_until_one_reads_them(windows, shared_server, rest, tabs, scene):
    direct(rest, scene.bob, person(rest, "carol"), fresh())  # is private to the two others
    words = [fresh() for _ in range(3)]
    for content in words:
        say(rest, scene.place, scene.bob, content)
    expect_unread(tabs, 3)
    expect(badge(tabs[2], scene.place).locator(".badge-count")).to_have_text("3")
    expect(tabs[0].get_by_role("link", name="Rooms 3 unread", exact=True)).to_be_visible()

    reading = visit(windows(tabs[0].context), shared_server, f"/front/rooms/{scene.place}")
    expect(message(reading, words[-1])).to_be_visible()

    expect_unread([*tabs, reading], 0)
    expect(badge(tabs[2], scene.place)).to_be_hidden()


def test_a_new_page_shows_the_same_counts(windows, shared_server, rest, scene):
    note = rest.post("/api/notes", json={"title": fresh()}).json()
    page = visit(be(windows(), shared_server, scene.ada), shared_server, f"/front/notes/{note['id']}/edit")
    first = say(rest, scene.place, scene.bob, fresh())
    say(rest, scene.place, scene.bob, fresh())
    say(rest, scene.place, scene.ada, fresh())  # own messages are not unread
    rest.delete(f"/api/messages/{first['id']}", params={"author_id": scene.bob["id"]})
    direct(rest, scene.bob, scene.ada, fresh())
    direct(rest, scene.ada, scene.bob, fresh())

    expect_unread([page], 2)
    plain = be(windows(java_script_enabled=False), shared_server, scene.ada)
    plain.goto(f"{shared_server.base}/front/rooms")
    expect_unread([visit(page, shared_server, "/front/rooms"), plain], 2)
    expect(badge(plain, scene.place)).to_have_text("1 unread")


def test_a_restored_message_that_was_read_is_not_unread(windows, shared_server, rest, scene):
    tabs = [visit(be(windows(), shared_server, scene.ada), shared_server)]
    sent = say(rest, scene.place, scene.bob, fresh())
    expect_unread(tabs, 1)
    rest.delete(f"/api/messages/{sent['id']}", params={"author_id": scene.bob["id"]})
    expect_unread(tabs, 0)
    rest.post(f"/api/messages/{sent['id']}/restore", params={"author_id": scene.bob["id"]})
    expect_unread(tabs, 1)
    reading = visit(windows(tabs[0].context), shared_server, f"/front/rooms/{scene.place}")
    expect_unread(tabs, 0)
    reading.close()

    rest.delete(f"/api/messages/{sent['id']}", params={"author_id": scene.bob["id"]})
    rest.post(f"/api/messages/{sent['id']}/restore", params={"author_id": scene.bob["id"]})
    say(rest, scene.place, scene.bob, fresh())

    expect_unread(tabs, 1)


def test_a_new_room_and_a_new_conversation_are_listed_in_their_order(windows, shared_server, rest, scene):
    page = visit(be(windows(), shared_server, scene.ada), shared_server, "/front/rooms")
    last, first = (created(rest.post("/api/rooms", json={"name": fresh(word)})) for word in ("zoo", "attic"))
    sent = direct(rest, scene.bob, scene.ada, fresh())

    for made in (first, last):
        link = page.locator("#rooms").get_by_role("link", name=made["name"], exact=True)
        expect(link).to_have_attribute("href", f"/front/rooms/{made['id']}")
    names = page.locator("#rooms .room-name").all_text_contents()
    assert names[0] == "lobby"
    assert names[1:3] == [first["name"], last["name"]], "the newest first"
    talk = page.locator("#conversations").get_by_role("link", name=f"{scene.bob['nickname']} 1 unread", exact=True)
    expect(talk).to_have_attribute("href", f"/front/rooms/{sent['room_id']}")
    expect(page.locator(".rooms-none")).to_be_hidden()
    listed = page.locator(".rooms").evaluate_all(LIST)
    page.reload()
    assert page.locator(".rooms").evaluate_all(LIST) == listed


LIST = (
    """lists => lists.map(list => [...list.querySelectorAll("a")].map(link => [link.href, link.textContent.trim()]))"""
)


def test_a_room_is_created_by_a_form_with_or_without_scripts(windows, shared_server, scene):
    for script in (True, False):
        page = be(windows(java_script_enabled=script), shared_server, scene.ada)
        page.goto(f"{shared_server.base}/front/rooms")
        name = fresh("<b>room</b>")

        page.fill("#add-room-form [name=name]", " ")
        page.click("#add-room-form [type=submit]")
        expect(page.locator("#add-name-error")).to_contain_text("cannot be empty")
        page.fill("#add-room-form [name=name]", "LOBBY")
        page.click("#add-room-form [type=submit]")
        expect(page.locator("#add-name-error")).to_contain_text("already")
        page.fill("#add-room-form [name=name]", name)
        page.click("#add-room-form [type=submit]")

        expect(page).to_have_url(re.compile(r"/front/rooms/\d+$"))
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator("#rooms [aria-current=page]")).to_have_text(re.compile(f"^{re.escape(name)}"))


def test_on_a_phone_the_list_is_a_page_of_its_own_and_the_navigation_is_at_the_bottom(windows, shared_server, scene):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = visit(be(windows(**phone), shared_server, scene.ada), shared_server, "/front/rooms")

    assert page.locator(".places").evaluate("bar => bar.getBoundingClientRect().bottom") == 844
    page.locator(f"#rooms a[href='/front/rooms/{scene.place}']").tap()
    expect(page.locator("#rooms-aside")).to_be_hidden()
    assert_fits(page)


def test_touch_targets_are_large_enough(windows, shared_server, rest, scene):
    direct(rest, scene.bob, scene.ada, fresh())
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = be(windows(**phone), shared_server, scene.ada)
    for path in ["/front/users", f"/front/messages/{scene.ada['id']}", "/front/rooms"]:
        visit(page, shared_server, path)
        page.locator(".me-button").tap()
        expect(page.locator("#me")).to_be_visible()
        assert_fits_a_thumb(page, "a:not(.skip-link), button, input, textarea, select")


def test_an_error_page_keeps_the_user_and_the_theme(windows, shared_server, rest, scene):
    rest.put(f"/api/me/preferences/theme?person_id={scene.ada['id']}", json="dark").raise_for_status()
    page = be(windows(java_script_enabled=False), shared_server, scene.ada)
    for path, title in (
        *((path, "Not Found") for path in ("/front/messages/987654", "/front/boards/987654/notes", "/nowhere")),
        ("/front/me", "Method Not Allowed"),
    ):
        page.goto(shared_server.base + path)

        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator("html")).to_have_attribute("data-person", str(scene.ada["id"]))
        expect(page.locator("html")).to_have_css("background-color", "rgb(23, 22, 20)")
        expect(page.locator(".places a")).to_have_count(3)


def test_wide_and_narrow_screens_are_accessible(windows, shared_server, rest, scene):
    say(rest, scene.place, scene.bob, fresh())
    direct(rest, scene.bob, scene.ada, "text\n" * 3)
    page = be(windows(), shared_server, scene.ada)
    for path in ["/front/users", "/front/rooms", f"/front/messages/{scene.ada['id']}"]:
        page.set_viewport_size({"width": 1280, "height": 800})
        visit(page, shared_server, path)
        assert_fits(page)
        page.set_viewport_size({"width": 320, "height": 800})
        assert_fits(page)
        assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="You are").click()
    assert_accessible(page)


def test_empty_pages_are_accessible_and_the_bar_marks_the_current_page(windows, server):
    page = windows()
    for path in PLACES:
        visit(page, server, path)
        current = page.locator(".places [aria-current=page]")
        expect(current).to_have_count(1)
        expect(current).to_have_attribute("href", path)
        expect(total(page)).to_be_hidden()
        if path == "/front/notes":
            expect(page.locator("#empty-board")).to_be_visible()
        if path == "/front/users":
            page.click("#add-user-form [type=submit]")
            expect(page.locator("#add-name-error")).to_be_visible()
        assert_accessible(page)
