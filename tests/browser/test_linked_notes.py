"""Cards of notes in messages: live, with their ticks, and only for those who may see the note."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser import access
from tests.browser.board import create, fresh
from tests.browser.conftest import serving
from tests.browser.rooms import edit, enter, message, person, say, write
from tests.browser.test_accessibility import assert_accessible, assert_fits_a_thumb
from tests.browser.windows import visit

CARD = "#messages .linked-note"
GONE = "Deleted, or moved to a board that you cannot see."


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(enter, windows, shared_server)


@pytest.fixture
def link(shared_server):
    """The address of a note of the shared board."""
    return lambda note: f"{shared_server.base}/front/notes/{note['id']}"


def test_a_card_shows_the_note_and_follows_its_changes(come, rest, ada, place, link):
    note = create(rest, fresh(), "- [x] milk\n- [ ] bread")
    say(rest, place, ada, f"This one:\n{link(note)}")
    here, there = come(ada, place), come(person(rest), place)

    for page in (here, there):
        expect(page.locator(CARD)).to_contain_text(note["title"])
        expect(page.locator(CARD)).to_contain_text("1 of 2")
        expect(page.locator("#messages .content p > a").first).to_be_hidden()
        expect(page.locator(f"{CARD} a")).to_have_attribute("href", link(note))
    rest.patch(f"/api/notes/{note['id']}/tasks", json={"line": 2, "source": "- [ ] bread", "done": True})
    rest.patch(f"/api/notes/{note['id']}", json={"title": "renamed"})
    for page in (here, there):
        expect(page.locator(CARD)).to_contain_text("2 of 2")
        expect(page.locator(f"{CARD} a")).to_have_text("renamed")

    here.locator(f"{CARD} input").check()

    expect(there.locator(f"{CARD} input")).to_be_checked()
    expect(there.locator(CARD)).to_have_attribute("data-done", "")
    assert rest.get(f"/api/notes/{note['id']}").json()["done"]
    assert_accessible(there, "main")
    here.reload()
    expect(here.locator(f"{CARD} input")).to_be_checked()


def test_a_card_says_that_its_note_was_deleted_and_shows_it_when_it_is_back(come, rest, ada, place, link):
    note, gone = create(rest, fresh()), create(rest, fresh())
    rest.delete(f"/api/notes/{gone['id']}")
    say(rest, place, ada, link(note))
    say(rest, place, ada, link(gone))
    page = come(ada, place)
    expect(page.locator(f"{CARD} a").first).to_have_text(note["title"])
    expect(page.locator(CARD).last).to_have_text(GONE, use_inner_text=True)

    rest.delete(f"/api/notes/{note['id']}")
    expect(page.locator(CARD).first).to_have_text(GONE, use_inner_text=True)
    expect(page.locator(f"{CARD} input").first).to_be_hidden()
    rest.post(f"/api/notes/{note['id']}/restore")

    expect(page.locator(f"{CARD} a").first).to_be_visible()


def test_a_card_follows_its_note_to_other_boards_and_into_the_archive(come, rest, ada, place, link):
    note, other = create(rest, fresh(), "- [ ] milk"), create(rest, fresh())
    shed = rest.post("/api/boards", json={"name": fresh("Shed")}).json()["id"]
    rest.post(f"/api/notes/{other['id']}/move", json={"board_id": shed})
    for one in (note, other):
        say(rest, place, ada, link(one))
    page = come(ada, place)
    expect(page.locator(f"{CARD} a")).to_have_text([note["title"], other["title"]])

    rest.post(f"/api/notes/{note['id']}/move", json={"board_id": shed})
    path = f"/api/boards/{shed}/notes/{note['id']}"
    rest.patch(path, json={"title": "moved"})
    expect(page.locator(f"{CARD} a").first).to_have_text("moved")
    page.locator(f"{CARD} input").first.check()
    expect(page.locator(CARD).first).to_have_attribute("data-done", "")
    assert rest.get(path).json()["done"]
    rest.post(f"{path}/move", json={"board_id": 1})
    rest.patch(f"/api/notes/{note['id']}", json={"title": "back", "archived": True})
    expect(page.locator(f"{CARD} a").first).to_have_text("back")
    page.reload()
    expect(page.locator(f"{CARD} a")).to_have_text(["back", other["title"]])
    rest.delete(f"/api/notes/{note['id']}")

    expect(page.locator(CARD).first).to_have_text(GONE, use_inner_text=True)


def test_a_text_has_no_box_where_checklists_alone_are_ticked_off(come, rest, ada, place, shared_server):
    board = rest.post("/api/boards", json={"name": fresh("Lists"), "tick": "checklists"}).json()["id"]
    for text in (None, "- [ ] milk"):
        note = rest.post(f"/api/boards/{board}/notes", json={"title": fresh(), "description": text}).json()
        say(rest, place, ada, f"{shared_server.base}/front/boards/{board}/notes/{note['id']}")
    page = come(ada, place)
    expect(page.locator(f"{CARD} a")).to_have_count(2)
    expect(page.locator(f"{CARD} input").last).to_be_visible()
    expect(page.locator(f"{CARD} input").first).to_be_hidden()

    rest.patch(f"/api/boards/{board}", json={"tick": "notes"})

    expect(page.locator(f"{CARD} input").first).to_be_visible()


def test_only_addresses_in_lines_of_their_own_or_at_the_end_become_cards(come, rest, ada, place, link):
    notes = [create(rest, None, f"# {fresh()}\nmore") for _ in range(5)]
    one, *_, last = [link(note) for note in notes]
    say(rest, place, ada, "\n".join(link(note) for note in notes))
    say(rest, place, ada, f"In {one} the middle, [named]({one}), http://other.example/front/notes/{notes[0]['id']}")
    say(rest, place, ada, f"At the end {last}")
    page = come(ada, place)

    cards = page.locator("#messages > li").nth(0).locator(".linked-note")
    expect(cards).to_have_count(3)
    expect(cards.first.locator("a")).to_have_text(notes[0]["description"].partition("\n")[0].removeprefix("# "))
    expect(page.locator("#messages > li").nth(2).locator(".linked-note")).to_have_count(1)
    expect(page.locator("#messages > li").nth(1).locator(".linked-note")).to_have_count(0)
    expect(page.locator("#messages > li").nth(1).locator(".content a")).to_have_count(3)
    expect(page.locator("#messages > li").nth(0).locator(".content p > a").last).to_be_visible()


def test_a_card_is_live_in_a_tab_that_follows_another_one(hers, windows, rest, link, shared_server):
    note = create(rest, fresh())
    leading, following = hers, visit(windows(hers.context), shared_server, hers.url.removeprefix(shared_server.base))
    write(hers, link(note))
    for page in (leading, following):
        expect(page.locator(f"{CARD} a")).to_have_text(note["title"])

    rest.patch(f"/api/notes/{note['id']}", json={"title": "renamed"})

    for page in (leading, following):
        expect(page.locator(f"{CARD} a")).to_have_text("renamed")
        expect(page.locator("#connection")).to_have_text("Live")


def test_an_edited_message_has_the_cards_of_its_new_text(come, rest, ada, place, link):
    one, other = create(rest, fresh()), create(rest, fresh())
    say(rest, place, ada, link(one))
    page = come(ada, place)
    expect(page.locator(f"{CARD} a")).to_have_text(one["title"])

    edit(page, one["title"]).fill(f"Rather {link(other)}")
    page.keyboard.press("Enter")
    expect(page.locator(f"{CARD} a")).to_have_text(other["title"])
    edit(page, other["title"]).fill("None of them")
    page.keyboard.press("Enter")

    expect(message(page, "None of them")).to_be_visible()
    expect(page.locator(CARD)).to_have_count(0)


def test_on_a_phone_a_card_is_as_high_as_a_finger_needs(come, rest, ada, place, link):
    say(rest, place, ada, link(create(rest, "long " * 30)))
    page = come(ada, place, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    expect(page.locator(CARD)).to_be_visible()

    box = page.locator(CARD).bounding_box()
    assert box
    assert 44 <= box["height"] < 60
    assert_fits_a_thumb(page, ".linked-note label, .linked-note a")
    assert page.evaluate("(log => log.scrollWidth <= log.clientWidth)(document.querySelector('#log'))")


# Accounts mode.


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory):
    with serving("guarded", tmp_path_factory.mktemp("guarded"), "--access", "accounts") as server:
        access.arrive(server, access.setup_link(server), "root").close()
        yield server


def test_who_may_not_see_a_note_sees_its_link_alone(member, guarded_server):
    ada, eve = member("ada"), member("eve")
    board = ada.board("Secret plans")
    note = ada.rest.post(f"/api/boards/{board}/notes", json={"title": "surprise"}).json()
    address = f"{guarded_server.base}/front/boards/{board}/notes/"
    for number in (note["id"], 999):
        data = {"author_id": ada.id, "content": f"{address}{number}"}
        assert ada.rest.post("/api/rooms/1/messages", json=data).status_code == 201
    hers, other = ada.window("/front/rooms/1"), eve.window("/front/rooms/1")
    expect(hers.locator(f"{CARD} a").first).to_have_text("surprise")
    expect(hers.locator(CARD)).to_have_count(2)
    expect(other.locator(CARD)).to_have_count(0)
    expect(other.locator("#messages .content a")).to_have_text([f"{address}{note['id']}", f"{address}999"])
    assert "surprise" not in other.content()

    ada.rest.put(f"/api/boards/{board}/members/{eve.id}", json={"role": "viewer"})
    expect(other.locator(f"{CARD} a").first).to_have_text("surprise")
    expect(other.locator(f"{CARD} input").first).to_be_disabled()
    ada.rest.patch(f"/api/boards/{board}/notes/{note['id']}", json={"title": "party"})
    expect(other.locator(f"{CARD} a").first).to_have_text("party")
    ada.rest.put(f"/api/boards/{board}/members/{eve.id}", json={"role": "ticker"})
    expect(other.locator(f"{CARD} input").first).to_be_enabled()
    ada.rest.delete(f"/api/boards/{board}/members/{eve.id}")

    expect(other.locator(CARD)).to_have_count(0)
    expect(other.locator("#messages .content a").first).to_be_visible()
    assert "party" not in other.content()


def test_a_card_of_a_note_that_moved_out_of_sight_says_so_until_it_can_be_seen(member, guarded_server):
    ada, eve = member("ada"), member("eve")
    shared, secret = ada.board("Shared", viewer=eve), ada.board("Secret")
    note = ada.note(shared, "on the move")
    address = f"{guarded_server.base}/front/boards/{shared}/notes/{note['id']}"
    assert ada.rest.post("/api/rooms/1/messages", json={"author_id": ada.id, "content": address}).status_code == 201
    hers, other = ada.window("/front/rooms/1"), eve.window("/front/rooms/1")
    for page in (hers, other):
        expect(page.locator(f"{CARD} a").last).to_have_text("on the move")

    ada.rest.post(f"/api/boards/{shared}/notes/{note['id']}/move", json={"board_id": secret})
    ada.rest.patch(f"/api/boards/{secret}/notes/{note['id']}", json={"title": "secret"})
    expect(hers.locator(f"{CARD} a").last).to_have_text("secret")
    expect(other.locator(CARD).last).to_have_text(GONE, use_inner_text=True)
    other.reload()
    expect(other.locator(CARD).last).to_have_text(GONE, use_inner_text=True)
    assert "secret" not in other.content()
    ada.give(secret, eve, "viewer")

    expect(other.locator(f"{CARD} a").last).to_have_text("secret")
