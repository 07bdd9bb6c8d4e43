"""Preferences are synchronised to a user's other windows; without a user the browser stores them."""

from playwright.sync_api import expect

from tests.browser.access import fresh, known_as
from tests.browser.rooms import be, person
from tests.browser.windows import visit

ada = known_as("ada")


def turn_to(page, theme):
    while page.locator("#theme-button").get_attribute("data-theme-choice") != theme:
        page.click("#theme-button")


def test_a_theme_applies_in_other_windows_at_once_and_to_the_next_page_before_its_scripts(ada):
    first, second = ada.window("/front/notes"), ada.window("/front/users")

    turn_to(first, "dark")

    expect(second.locator("html")).to_have_attribute("data-theme", "dark")
    assert ada.rest.get("/api/me/preferences").json()["theme"] == "dark"
    plain = ada.window("/front/notes", java_script_enabled=False)
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    turn_to(second, "system")
    expect(first.locator("#theme-button")).to_have_attribute("data-theme-choice", "system")
    first.reload()
    expect(first.locator("#theme-button")).to_have_attribute("data-theme-choice", "system")


def test_in_open_mode_a_theme_belongs_to_the_chosen_user(windows, shared_server, rest):
    ada, bob = person(rest, "ada"), person(rest, "bob")
    first, second = (visit(be(windows(), shared_server, ada), shared_server) for _ in range(2))
    other = visit(be(windows(), shared_server, bob), shared_server)

    turn_to(first, "dark")

    expect(second.locator("html")).to_have_attribute("data-theme", "dark")
    visit(be(other, shared_server, ada), shared_server)
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    visit(be(first, shared_server, bob), shared_server)
    assert "theme" not in rest.get(f"/api/me/preferences?person_id={bob['id']}").json()


def test_a_guests_theme_belongs_to_the_browser(windows, shared_server):
    first = visit(windows(), shared_server)
    second = visit(windows(first.context), shared_server)

    turn_to(first, "dark")

    expect(second.locator("html")).to_have_attribute("data-theme", "dark")
    second.reload()
    expect(second.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_theme_chosen_offline_is_saved_later(ada):
    page = ada.window("/front/notes")
    page.context.set_offline(True)
    turn_to(page, "dark")
    page.context.set_offline(False)

    with page.expect_response(lambda answer: "/preferences/theme" in answer.url):
        pass

    assert ada.rest.get("/api/me/preferences").json()["theme"] == "dark"


def test_the_last_room_is_offered_in_another_browser(ada):
    room = ada.rest.post("/api/rooms", json={"name": fresh("kitchen ")}).json()
    ada.window(f"/front/rooms/{room['id']}")
    page = ada.window()
    with page.expect_navigation():
        page.goto(f"{ada.server.base}/front/rooms")

    page.get_by_role("link", name=f"Back to {room['name']}").click()

    expect(page.locator("h1")).to_have_text(room["name"])


def test_the_open_board_stays_open_in_its_browser_and_is_the_default_of_another(ada):
    board = ada.board(fresh("garden "))
    page = ada.window(f"/front/boards/{board}/notes")
    visit(page, ada.server, "/front/notes")
    expect(page.locator("main")).to_have_attribute("data-board-id", str(board))

    other = ada.window("/front/notes", own_session=True)

    expect(other.locator("main")).to_have_attribute("data-board-id", str(board))
    visit(other, ada.server, "/front/boards/1/notes")
    visit(page, ada.server, "/front/notes")
    expect(page.locator("main")).to_have_attribute("data-board-id", str(board))
