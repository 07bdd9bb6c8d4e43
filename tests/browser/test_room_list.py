"""The list of rooms and conversations: the newest activity first, live, and the filter."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.rooms import be, created, person, room, say
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.windows import visit

TOP = "() => document.querySelector('#rooms-aside').scrollTop"
PLACE = "link => link.getBoundingClientRect().top"


def rows(page: Page, within: str = "#rooms-aside") -> Locator:
    return page.locator(f"{within} .room:visible .room-name")


def focused_row(page: Page) -> str:
    return str(page.evaluate("document.activeElement.querySelector('.room-name')?.textContent"))


def test_a_new_message_moves_its_row_up_and_the_focus_and_the_view_stay(windows, shared_server, rest):
    ada, bob, eva = person(rest), person(rest), person(rest)
    rooms = {name: room(rest, name) for name in ("Attic", "Barn", "Cellar")}
    for other in (bob, eva):
        created(rest.post("/api/messages", json={"author_id": other["id"], "recipient_id": ada["id"], "content": "x"}))
    page = visit(
        be(windows(viewport={"width": 1280, "height": 420}), shared_server, ada), shared_server, "/front/rooms"
    )
    expect(rows(page, "#rooms")).to_have_text(["lobby", "Cellar", "Barn", "Attic"])
    expect(rows(page, "#conversations")).to_have_text([eva["nickname"], bob["nickname"]])
    attic = page.locator("#rooms").get_by_role("link", name="Attic")
    attic.focus()

    first = say(rest, rooms["Attic"], bob, "up here")
    created(rest.post("/api/messages", json={"author_id": ada["id"], "recipient_id": bob["id"], "content": "y"}))
    new = room(rest, "Dairy")

    expect(rows(page, "#rooms")).to_have_text(["lobby", "Dairy", "Attic", "Cellar", "Barn"])
    expect(rows(page, "#conversations")).to_have_text([bob["nickname"], eva["nickname"]])
    expect(page.locator("#rooms").get_by_role("link", name="Attic 1 unread")).to_be_focused()

    # A row that others pass stays where it is in the view.
    page.evaluate("document.querySelector('#rooms-aside').scrollTo(0, 1000)")
    talk = page.locator("#conversations").get_by_role("link", name=eva["nickname"])
    scrolled, before = page.evaluate(TOP), talk.evaluate(PLACE)
    assert scrolled > 0
    say(rest, rooms["Barn"], bob, "and here")
    expect(rows(page, "#rooms")).to_have_text(["lobby", "Barn", "Dairy", "Attic", "Cellar"])
    assert (page.evaluate(TOP), talk.evaluate(PLACE)) == (scrolled, before)

    rest.delete(f"/api/messages/{first['id']}", params={"author_id": bob["id"]})
    expect(rows(page, "#rooms")).to_have_text(["lobby", "Barn", "Dairy", "Cellar", "Attic"])
    page.reload()
    expect(rows(page, "#rooms")).to_have_text(["lobby", "Barn", "Dairy", "Cellar", "Attic"])
    for made in (*rooms.values(), new):
        assert rest.delete(f"/api/rooms/{made}").status_code == 200


def test_the_filter_narrows_the_list_by_name_with_the_keyboard_alone(windows, shared_server, rest):
    ada, cafer = person(rest), person(rest, "cafer")
    page = visit(be(windows(), shared_server, ada), shared_server, "/front/rooms")
    field = page.get_by_role("searchbox", name="Filter by name")
    for name in ("Barn", "Cellar", "Dairy", "Forge", "Garden", "Hall"):
        room(rest, name)
    expect(rows(page)).to_have_count(7)
    expect(field).to_be_hidden()
    cafe = room(rest, "Café")
    created(rest.post("/api/messages", json={"author_id": cafer["id"], "recipient_id": ada["id"], "content": "x"}))
    expect(field).to_be_visible()

    field.fill("CAFE")
    expect(rows(page)).to_have_text(["Café", cafer["nickname"]])
    say(rest, cafe, cafer, "still here")  # moves rows, and shows none that the filter hides
    expect(page.locator("#rooms").get_by_role("link", name="Café 1 unread")).to_be_visible()
    expect(rows(page)).to_have_text(["Café", cafer["nickname"]])
    assert_accessible(page)
    assert_fits(page)
    for key, name in (("ArrowDown", "Café"), ("ArrowDown", cafer["nickname"]), ("ArrowUp", "Café")):
        page.keyboard.press(key)
        assert focused_row(page) == name
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()

    field.fill("cafe nothing")
    expect(page.get_by_text("Nothing with this name.")).to_be_visible()
    expect(rows(page)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(rows(page)).to_have_count(9)
    expect(field).to_be_empty()
    expect(page.get_by_text("Nothing with this name.")).to_have_count(0)
    field.fill("café")
    page.keyboard.press("Enter")
    expect(page.locator("#main[data-page=room] h1")).to_have_text("Café")
