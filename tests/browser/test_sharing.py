"""Two windows on one board: each shows the changes of the other."""

import json
import re
from random import Random

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import add, card, card_of, create, create_many, edit, fresh
from tests.browser.rooms import person
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess


@pytest.fixture(scope="module")
def window(module_window: Page) -> Page:
    """A window on the board, live, for all tests: each has notes of its own, and leaves no editor open."""
    return module_window


@pytest.fixture(scope="module")
def both(window: Page, module_windows: Windows, shared_server: ServerProcess) -> tuple[Page, Page]:
    """That one, and a window of another browser."""
    return window, visit(module_windows(), shared_server)


SENT = {
    "/front/notes": ("#add-note-form", "title"),
    "/front/users": ("#add-user-form", "nickname"),
    "/front/messages/1": ("#send-form", "content"),
}


def test_a_page_shows_its_own_note_only_after_its_event(windows, shared_server, rest):
    for _ in range(2):
        person(rest)
    page = windows()
    page.route_web_socket(re.compile("/ws"), lambda _: None)  # opens and stays silent
    page.route("**/events*", lambda route: route.abort())
    for path, (form, field) in SENT.items():
        visit(page, shared_server, path)
        word = fresh("word").replace(" ", "")
        values = {"title": word, "name": "Ada", "email": "ada@example.org", "nickname": word, "content": word}
        for name, value in values.items():
            for one in page.locator(f"{form} :is(input, textarea)[name={name}]").all():
                one.fill(value)
        for one in page.locator(f"{form} select").all():
            one.select_option(index=1)

        with page.expect_response(lambda response: response.request.method == "POST") as answer:
            page.click(f"{form} [type=submit]")

        assert answer.value.status == 201, path
        expect(page.locator(f"{form} [name={field}]")).to_have_value("")
        assert page.locator("#main li, #main tr", has_text=word).count() == 0, path


def test_repeated_and_late_events_change_nothing(windows, shared_server, rest):
    told = []

    def repeat(socket):
        def hear(message):
            socket.send(message)
            told.append({name: value for name, value in json.loads(message).items() if name != "id"})
            for event in told:  # without an id the feed treats it as new
                socket.send(json.dumps(event))

        socket.connect_to_server().on_message(hear)

    page = windows()
    page.route_web_socket(re.compile("/ws"), repeat)
    visit(page, shared_server)
    note = create(rest, fresh(), "first")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "second"})
    expect(card_of(page, note).locator("span")).to_have_text("second")
    rest.delete(f"/api/notes/{note['id']}")
    marker = create(rest, fresh("marker"))
    expect(card_of(page, marker)).to_have_count(1)

    assert card_of(page, note).count() == 0
    assert [event["action"] for event in told] == ["create", "update", "delete", "create"]


def test_reduced_motion_disables_animations(windows, shared_server, rest):
    page = visit(windows(reduced_motion="reduce"), shared_server)
    note = create(rest, fresh())
    expect(card_of(page, note)).to_have_count(1)
    rest.patch(f"/api/notes/{note['id']}", json={"done": True})
    expect(card_of(page, note)).to_have_attribute("data-done", "")

    assert page.evaluate("document.getAnimations().length") == 0


def test_a_board_after_many_changes_equals_a_new_one(windows, shared_server, rest):
    random = Random(4)
    board = rest.post("/api/boards", json={"name": fresh("board")}).json()["id"]
    page, path = f"/front/boards/{board}/notes", f"/api/boards/{board}/notes"
    lived = visit(windows(), shared_server, page)
    notes = [rest.post(path, json={"title": fresh("lived"), "description": "text"}).json() for _ in range(8)]
    for number in range(40):
        note = random.choice(notes)
        match random.choice(["tick", "text", "delete", "restore"]):
            case "tick":
                rest.patch(f"{path}/{note['id']}", json={"done": random.random() < 0.5})
            case "text":
                rest.patch(f"{path}/{note['id']}", json={"description": f"text {number}"})
            case "delete":
                rest.delete(f"{path}/{note['id']}")
            case "restore":
                rest.post(f"{path}/{note['id']}/restore")
    last = rest.post(path, json={"title": fresh("last")}).json()
    expect(card_of(lived, last)).to_have_count(1)

    newcomer = visit(windows(), shared_server, page)

    assert shown(lived) == shown(newcomer)


def shown(page: Page) -> list[list[str]]:
    """The text of the board, in order."""
    rows: list[list[str]] = page.locator("ul.notes > li").evaluate_all(
        """cards => cards.map(card => [card.id, card.dataset.version, card.dataset.done ?? "open",
          card.querySelector(".title").textContent, card.querySelector("span").textContent,
          String(card.querySelector("input").checked), card.querySelector("time").dateTime,
          card.querySelector(".delete-form").action, card.querySelector(".edit-link").href])"""
    )
    return rows


def test_a_note_deleted_while_the_rest_loads_does_not_reappear(windows, shared_server, rest):
    board = rest.post("/api/boards", json={"name": fresh("board")}).json()["id"]
    path = f"boards/{board}/notes"
    create_many(rest, [{"title": fresh("many")} for _ in range(101)], board)  # one more than fit in one response
    page = windows()
    gone = rest.get(f"/api/{path}", params={"limit": 1}).json()[0]

    def late(route):
        answer = route.fetch()
        rest.delete(f"/api/{path}/{gone['id']}")
        marker = rest.post(f"/api/{path}", json={"title": "marker of the late page"}).json()
        # The event is on the page before the list that still has the old state.
        expect(page.locator(f"#note-{marker['id']}")).to_have_count(1)
        route.fulfill(response=answer)

    page.route(f"**/api/{path}?limit=1000&after_id=0", late, times=1)
    page.goto(f"{shared_server.base}/front/{path}")
    expect(page.locator("#pages")).to_be_hidden()

    assert page.locator(f"#note-{gone['id']}").count() == 0


def test_changes_of_a_note_in_one_window_show_in_both(both, rest):
    here, there = both
    title = fresh()

    add(here, title, "first line\n  second line")
    for page in both:
        expect(card(page, title).locator(".title")).to_have_text(title)
        expect(card(page, title).locator("span")).to_have_text("first line\n  second line", use_inner_text=True)
        expect(card(page, title)).to_have_count(1)
    for field in ("title", "description"):
        expect(here.locator(f"#add-note-form [name={field}]")).to_have_value("")

    editor = edit(here, card(here, title))
    editor.locator("[name=description]").fill("after")
    editor.locator(".save-button").click()
    for page in both:
        expect(card(page, title).locator("span")).to_have_text("after")
        expect(card(page, title).locator("button.delete-button")).to_have_count(1)
    expect(here.locator(".editor")).to_have_count(0)

    card(here, title).locator("input[type=checkbox]").click()
    expect(card(there, title).locator("input[type=checkbox]")).to_be_checked()
    card(there, title).locator("input[type=checkbox]").click()
    expect(card(here, title).locator("input[type=checkbox]")).not_to_be_checked()

    card(here, title).hover()
    card(here, title).locator("button.delete-button").click()
    for page in both:
        expect(card(page, title)).to_have_count(0)
    here.get_by_role("button", name="Undo").last.click()
    for page in both:
        expect(card(page, title).locator("span")).to_have_text("after")
    expect(card(here, title)).to_be_focused()


def test_the_newest_open_note_comes_first_done_ones_last_and_a_pin_shows(both, rest):
    here, there = both
    notes = [create(rest, fresh("order")) for _ in range(3)]
    card_of(here, notes[2]).locator("input[type=checkbox]").check()

    for page in both:
        expect(card_of(page, notes[2])).to_have_attribute("data-done", "")
        order = page.locator("ul.notes > li").evaluate_all("cards => cards.map(card => Number(card.dataset.id))")
        assert [i for i in order if i in {n["id"] for n in notes}] == [notes[1]["id"], notes[0]["id"], notes[2]["id"]]

    # A pin is shown in both, too.
    note = create(rest, fresh("pinned"))
    pin = card_of(here, note).get_by_role("button", name=f"Pin: {note['title']}")

    card_of(here, note).hover()
    pin.click()
    for page in both:
        expect(card_of(page, note)).to_have_attribute("data-pinned", "")
        expect(card_of(page, note).locator(".pin-button")).to_have_attribute("aria-pressed", "true")
    there.mouse.move(0, 0)
    expect(card_of(there, note).locator(".pin-button")).to_have_css("opacity", "1")

    pin.focus()
    here.keyboard.press("Enter")
    for page in both:
        expect(card_of(page, note)).not_to_have_attribute("data-pinned", "")
        expect(card_of(page, note).locator(".pin-button")).to_have_attribute("aria-pressed", "false")
    expect(pin).to_be_focused()
    there.reload()
    expect(card_of(there, note)).not_to_have_attribute("data-pinned", "")


def test_an_error_is_shown_beside_its_field_and_no_text_is_lost(window):
    add(window, "x" * 201, "kept")

    error = window.locator("#add-title-error")
    expect(error).to_be_visible()
    expect(error).to_contain_text("200")
    expect(window.locator("#add-note-form [name=title]")).to_have_attribute("aria-invalid", "true")
    expect(window.locator("#add-note-form [name=title]")).to_have_value("x" * 201)
    expect(window.locator("#add-note-form [name=description]")).to_have_value("kept")


def test_a_failure_is_shown_on_the_card_and_can_be_retried(window, rest):
    note = create(rest, fresh())
    window.route("**/api/notes/*", lambda route: route.fulfill(status=503, body="{}"), times=1)
    card_of(window, note).hover()
    card_of(window, note).locator(".pin-button").click()
    expect(card_of(window, note).locator(".note-status")).to_have_attribute("data-failed", "")
    expect(card_of(window, note).locator(".pin-button")).to_have_attribute("aria-pressed", "false")
    window.route("**/api/notes/*", lambda route: route.abort())

    card_of(window, note).locator("input[type=checkbox]").click()
    status = card_of(window, note).locator(".note-status")
    expect(status).to_contain_text("No answer from the server")
    expect(card_of(window, note).locator("input[type=checkbox]")).not_to_be_checked()
    window.unroute("**/api/notes/*")
    status.get_by_role("button", name="Retry").click()

    expect(card_of(window, note)).to_have_attribute("data-done", "")
    expect(status).to_have_count(0)

    # So can a failed deletion, which can be undone then.
    window.route("**/api/notes/*", lambda route: route.abort(), times=1)
    card_of(window, note).hover()
    card_of(window, note).locator(".delete-button").click()

    card_of(window, note).get_by_role("button", name="Retry").click()
    expect(card_of(window, note)).to_have_count(0)
    window.get_by_role("button", name="Undo").last.click()

    expect(card_of(window, note)).to_have_count(1)


def test_a_long_text_is_clamped_and_expands_in_place(window, rest):
    note = create(rest, fresh(), "line\n" * 40)
    text = card_of(window, note).locator("span")
    more = card_of(window, note).get_by_role("button", name="Show more")
    expect(more).to_be_visible()
    clamped = text.evaluate("text => text.clientHeight")

    more.click()

    expect(card_of(window, note).get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    assert text.evaluate("text => text.clientHeight") > 3 * clamped


def test_done_notes_can_be_collapsed_and_stay_collapsed(window, rest, shared_server):
    note = create(rest, fresh())
    card_of(window, note).locator("input[type=checkbox]").click()
    expect(card_of(window, note)).to_have_attribute("data-done", "")

    rule = window.get_by_role("button", name=re.compile(r"^Done · \d+$"))
    rule.click()
    expect(card_of(window, note)).to_be_hidden()
    visit(window, shared_server)

    expect(card_of(window, note)).to_be_hidden()
    rule.click()
    expect(card_of(window, note)).to_be_visible()


def test_changes_of_others_are_announced_and_own_ones_are_not(window, rest):
    mine, theirs = fresh("mine"), fresh("theirs")
    add(window, mine)
    expect(card(window, mine)).to_have_count(1)
    create(rest, theirs)

    announcer = window.locator("#announcer")
    expect(announcer).to_contain_text(f"Somebody added “{theirs}”")
    expect(announcer).not_to_contain_text(mine)
    assert announcer.get_attribute("aria-live") == "polite"


def test_text_typed_during_a_save_is_not_lost(window, rest):
    note = create(rest, fresh(), "before")
    editor = edit(window, card_of(window, note))
    text = editor.locator("[name=description]")
    text.fill("sent")

    def slow(route):
        text.fill("sent and more")
        route.continue_()

    window.route(f"**/api/notes/{note['id']}", slow, times=1)
    editor.locator(".save-button").click()

    expect(card_of(window, note).locator("span")).to_have_text("sent")
    expect(text).to_have_value("sent and more")
    editor.locator(".save-button").click()
    expect(card_of(window, note).locator("span")).to_have_text("sent and more")
