"""Guests of the server: how they arrive, what their pages show, and what becomes of open pages (A10)."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.access import PASSWORD, Member, fresh, switcher
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.test_administration import access, card
from tests.browser.windows import visit


@pytest.fixture
def owner(guarded_server, root, windows):
    """The administrator."""
    return Member(guarded_server, root, windows)


@pytest.fixture
def board(owner):
    return owner.board()


def arrive(owner, windows, board):
    """Somebody who has just joined by the link that the board's page makes, their window, and that page."""
    made = owner.window(f"/front/boards/{board}")
    made.get_by_role("button", name="Make a link").click()
    link = made.locator("#new-link").input_value()
    page = windows()
    page.goto(link)
    expect(page.locator("main")).to_contain_text("You join as a guest")
    nickname = fresh("gus")
    for name, text in {"name": "Gus", "nickname": nickname, "password": PASSWORD}.items():
        page.fill(f"[name={name}]", text)
    page.keyboard.press("Enter")
    expect(page.locator("#connection")).to_have_text("Live")
    return nickname, page, made


def test_a_guest_arrives_at_the_board_and_sees_only_what_they_share(owner, windows, board, guarded_server):
    nickname, page, settings = arrive(owner, windows, board)
    owner.note(board, "Water the beans")
    expect(page.locator(".note .title")).to_have_text("Water the beans")
    assert len(switcher(page).all_inner_texts()) == 2, "theirs alone, and this one"
    rows = settings.locator(".member")
    expect(rows.filter(has_text=nickname).locator(".member-guest")).to_be_visible()
    expect(rows.filter(has_text=owner.nickname).locator(".member-guest")).to_be_hidden()
    assert_accessible(settings)
    user = page.evaluate("fetch('/api/me').then((answer) => answer.json())")["user"]

    visit(page, guarded_server, "/front/rooms")
    expect(page.locator("#rooms li")).to_have_count(0)
    expect(page.locator(".rooms-none-yet")).to_be_visible()
    expect(page.locator("#add-room-form")).to_be_hidden()
    assert_accessible(page)
    room = owner.rest.post("/api/rooms", json={"name": "Shed", "closed": True}).json()["id"]
    assert owner.rest.put(f"/api/rooms/{room}/members/{user['id']}", json={"role": "member"}).status_code == 200
    expect(page.locator("#rooms .room-name")).to_have_text("Shed")
    expect(page.locator(".rooms-none-yet")).to_be_hidden()
    said = {"author_id": owner.id, "content": "Welcome"}
    assert owner.rest.post(f"/api/rooms/{room}/messages", json=said).status_code == 201
    expect(page.locator("#rooms .badge-count")).to_have_text("1")

    visit(page, guarded_server, "/front/users")
    expect(page.locator(".user")).to_have_count(2)
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 700})
    assert_fits(page)


def test_an_administrator_makes_a_guest_a_member_and_open_pages_go_on(owner, windows, board, guarded_server):
    nickname, page, settings = arrive(owner, windows, board)
    people = owner.window("/front/users")
    user = people.locator(".user").filter(has_text=nickname)
    gus = SimpleNamespace(id=user.get_attribute("data-id"))
    expect(card(people, gus).locator(".is-guest")).to_be_visible()

    expect(settings.locator(".member-guest:visible")).to_have_count(1)
    expect(switcher(page).filter(has_text="Everybody's board")).to_have_count(0)
    rooms = visit(page.context.new_page(), guarded_server, "/front/rooms")
    for times in (1, 2):  # also after what they had was taken
        access(people, gus).get_by_role("button", name="Make a member of the server").click()

        expect(card(people, gus).locator(".is-guest")).to_be_hidden()
        expect(settings.locator(".member-guest:visible")).to_have_count(0)
        expect(page.locator("#switcher-list .board-name").filter(has_text="Everybody's board")).to_have_count(1)
        expect(rooms.locator("#rooms .room-name").filter(has_text="lobby")).to_have_count(1)
        expect(rooms.locator("#add-room-form")).to_be_visible()
        said = {"author_id": owner.id, "content": "Welcome"}
        assert owner.rest.post("/api/rooms/1/messages", json=said).status_code == 201
        expect(rooms.locator("#rooms .badge-count")).to_have_text(str(times))
        if times == 1:
            note = owner.rest.post("/api/notes", json={"title": "Talked about"}).json()["id"]
            thread = owner.rest.put(f"/api/notes/{note}/thread").json()["id"]
            said = {"author_id": owner.id, "content": f"@{nickname} look"}
            assert owner.rest.post(f"/api/rooms/{thread}/messages", json=said).status_code == 201
        expect(rooms.locator("#threads .room-name")).to_have_text("Talked about")
        if times == 1:
            access(people, gus).get_by_role("button", name="Make a guest").click()
            people.get_by_role("button", name="Make a guest").click()
            expect(rooms.locator("#rooms .room-name")).to_have_count(0)
            expect(rooms.locator("#threads .room")).to_have_count(0)
            expect(rooms.locator("#add-room-form")).to_be_hidden()
            expect(page.locator("#switcher-list .board-name")).to_have_count(2)
    rooms.close()
    owner.note(board, "after")
    expect(page.locator(".note .title")).to_have_text("after")
    visit(page, guarded_server, "/front/boards/1/notes")
    access(people, gus).get_by_role("button", name="Make a guest").click()
    expect(people.get_by_role("heading")).to_have_text(f"Make {nickname} a guest?")
    people.get_by_role("button", name="Make a guest").click()
    expect(card(people, gus).locator(".is-guest")).to_be_visible()
    assert owner.rest.post("/api/notes", json={"title": "a secret"}).status_code == 201
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.get_by_text("a secret")).to_have_count(0)
    visit(page, guarded_server, "/front/notes")
    expect(page.locator("#main")).to_have_attribute("data-board-id", str(board))
