"""Administration on the users' page: actions of administrators, what others see, and open pages of affected users."""

import pytest
from playwright.sync_api import expect

from tests.browser.access import PASSWORD, Member, expect_signed_out, fresh
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.windows import visit

PATH = "/front/users"


@pytest.fixture
def ada(member):
    return member("ada")


@pytest.fixture
def admins(windows, guarded_server, root):
    """Opens the users' page as the administrator."""
    return lambda: Member(guarded_server, root, windows).window(PATH)


def card(page, member):
    return page.locator(f"#user-{member.id}")


def access(page, member):
    """What administrators can do, in the row of a user; it is opened."""
    menu = card(page, member).locator(".user-access")
    if menu.count() and menu.get_attribute("open") is None:
        menu.locator("summary").click()
    return menu


def shown(page, member):
    """The visible buttons and marks of a row."""
    access(page, member)
    parts = card(page, member).locator(".user-foot button, .user-access button, .user-marks > *, .user-me")
    return [one.inner_text() for one in parts.all() if one.is_visible()]


def test_a_deactivation_is_confirmed_first_and_can_be_undone(admins, ada):
    page, theirs = admins(), ada.window("/front/rooms/1")
    theirs.fill("#message-form [name=content]", "half a")

    access(page, ada).get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("heading")).to_have_text(f"Deactivate {ada.nickname}?")
    page.get_by_role("link", name="Cancel").click()
    expect(access(page, ada).get_by_role("button", name="Deactivate")).to_be_visible()
    expect(theirs.locator("#connection")).to_have_text("Live")
    access(page, ada).get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate").click()

    expect(card(page, ada).locator(".is-deactivated")).to_be_visible()
    assert shown(page, ada) == ["Deactivated", "Activate"]
    expect_signed_out(theirs)
    expect(theirs.locator("#message-form [name=content]")).to_have_value("half a")
    access(page, ada).get_by_role("button", name="Activate", exact=True).click()
    expect(access(page, ada).get_by_role("button", name="Deactivate")).to_be_visible()
    theirs.locator("#signed-out a").click()
    theirs.fill("[name=nickname]", ada.nickname)
    theirs.fill("[name=password]", PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#message-form [name=content]")).to_have_value("half a")


def test_the_notice_of_an_ended_session_covers_no_text(ada):
    for size in ({"width": 1280, "height": 800}, {"width": 390, "height": 700}):
        theirs = ada.window("/front/rooms/1", viewport=size)
        theirs.evaluate("document.querySelector('#signed-out').hidden = false")
        notice, field = (theirs.locator(one).bounding_box() for one in ("#signed-out", "#message-form"))
        assert notice["y"] + notice["height"] <= field["y"]


def test_only_administrators_have_the_buttons(admins, ada, member):
    bob, page = member("bob"), admins()
    theirs = ada.window(PATH)
    assert shown(theirs, bob) == ["Message"]
    assert shown(theirs, ada) == ["This is you"]
    assert shown(page, ada) == ["Message", "Deactivate", "Make administrator", "Make a guest"]

    access(page, ada).get_by_role("button", name="Make administrator").click()

    expect(access(page, ada).get_by_role("button", name="Remove as administrator")).to_be_visible()
    expect(card(theirs, ada).locator(".is-admin")).to_be_visible()  # at once
    theirs.reload()
    assert shown(theirs, bob) == ["Message", "Deactivate", "Make administrator", "Make a guest"]
    assert shown(theirs, ada) == ["Administrator", "This is you", "Deactivate", "Remove as administrator"]
    access(page, ada).get_by_role("button", name="Remove as administrator").click()
    expect(access(page, ada).get_by_role("button", name="Make administrator")).to_be_visible()


def test_the_last_administrator_cannot_be_demoted_and_the_page_explains_why(admins, root):
    page = admins()
    mine = page.locator(".user[data-me]")
    mine.locator(".user-access summary").click()
    mine.get_by_role("button", name="Remove as administrator").click()

    expect(page.get_by_role("alert")).to_have_text("This is the last administrator: make somebody else one first.")
    expect(mine.locator(".is-admin")).to_be_visible()
    assert root.get("/api/me").json()["admin"] is True


def test_a_conversation_shows_a_deactivation_at_once_and_the_next_owner_of_a_board_is_notified(ada, member, root):
    bob = member("bob")
    name = fresh("Plot")
    bob.board(name, viewer=ada)
    sent = {"author_id": ada.id, "recipient_id": bob.id, "content": "hello"}
    room = ada.rest.post("/api/messages", json=sent).json()["room_id"]
    page = ada.window(f"/front/rooms/{room}")
    words = page.locator(".conversation-head .is-deactivated")
    expect(words).to_be_hidden()

    assert root.post(f"/api/users/{bob.id}/deactivate").status_code == 200

    expect(words).to_be_visible()
    expect(page.locator("h1 [data-who]")).to_have_attribute("data-deactivated", "")
    page.reload()
    expect(words).to_be_visible()
    assert root.post(f"/api/users/{bob.id}/activate").status_code == 200
    expect(words).to_be_hidden()
    page.locator("#bell").click()
    owner = page.locator(".notification").first.get_by_role("link")
    expect(owner).to_have_accessible_name(f"Unread: You have become an owner · {name}")


def test_a_changed_email_address_is_shown_at_once_to_its_user_and_administrators_only(
    admins, ada, member, guarded_server
):
    bobs = member("bob").window(PATH)
    pages = (admins(), ada.window(PATH))
    for address in ("new@example.org", None, "newer@example.org"):
        assert ada.rest.patch("/api/me", json={"email": address, "name": f"Ada {address}"}).status_code == 200
        for page in (*pages, bobs):
            expect(card(page, ada).locator(".user-full")).to_have_text(f"Ada {address}")
            expected = (address or "") if page in pages else ""
            expect(card(page, ada).locator(".user-mail:visible")).to_have_text([expected] if expected else [])
    visit(pages[0], guarded_server, PATH)
    expect(card(pages[0], ada).locator(".user-mail")).to_have_text("newer@example.org")


def test_the_users_page_of_administrators_is_accessible_and_fits_a_small_screen(admins, ada, root):
    assert root.post(f"/api/users/{ada.id}/deactivate").status_code == 200
    page = admins()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page, "main")
        assert_fits(page)


def test_the_menu_of_a_row_closes_when_the_focus_leaves_it(admins, ada, member):
    bob, page = member("bob"), admins()
    mine, other = access(page, ada), card(page, bob).locator(".user-access")
    expect(mine.get_by_role("button", name="Deactivate")).to_be_visible()

    other.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(mine.get_by_role("button", name="Deactivate")).to_be_hidden()
    page.keyboard.press("Escape")

    expect(other.get_by_role("button", name="Deactivate")).to_be_hidden()
    expect(other.locator("summary")).to_be_focused()
