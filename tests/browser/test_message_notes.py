"""Notes are made of messages: by the button, the key and the form without scripts."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.assistant import FIELD, answer
from tests.browser.rooms import enter, fresh, message, person, say, write
from tests.browser.test_accessibility import assert_accessible, assert_fits_a_thumb
from tests.browser.windows import visit


@pytest.fixture(scope="module")
def shared_server(assisted_server):
    return assisted_server


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(enter, windows, shared_server)


def notes_with(rest, text):
    return [note for note in rest.get("/api/notes").json() if text in (note["description"] or "")]


def test_a_message_of_anybody_becomes_a_note_that_leads_back_to_it(come, rest, ada, place):
    text = fresh("**buy**\n- [ ] milk")
    page = come(ada, place)
    said = say(rest, place, person(rest), text)

    message(page, "milk").hover()
    message(page, "milk").get_by_role("button", name="Make a note of this message").click()

    expect(page.locator(".toast")).to_contain_text("Added as a note to Everybody's board.")
    (note,) = notes_with(rest, text)
    assert note["description"].startswith(text)
    assert note["tasks"] == {"done": 0, "total": 1}
    assert note["created_by"] == ada["id"]
    page.get_by_role("button", name="Show the note").click()
    expect(page.locator(".note .content strong")).to_have_text("buy")
    back = page.locator(".note .content a").get_attribute("href") or ""
    page.goto(back)
    expect(page.locator(f"#message-{said['id']}")).to_be_visible()


def test_a_note_is_made_by_a_key_and_twice_only_when_asked_twice(come, rest, ada, place):
    text = fresh()
    page = come(ada, place)
    write(page, text)
    expect(message(page, text)).to_have_count(1)
    page.keyboard.press("Escape")
    message(page, text).focus()
    page.route("**/api/messages/*/note", lambda route: route.abort())
    with page.expect_request("**/api/messages/*/note") as first:
        page.keyboard.press("m")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.unroute("**/api/messages/*/note")
    with page.expect_request("**/api/messages/*/note") as again:
        page.keyboard.press("u")

    expect(page.locator(".toast", has_text="Added as a note")).to_be_visible()
    assert first.value.post_data == again.value.post_data
    assert len(notes_with(rest, text)) == 1


def test_an_answer_becomes_a_note_with_tasks(home, rest, model):
    word = fresh("milk")
    page = home()
    write(page, model.will(f"- [ ] {word}", model.hold, "\n- [ ] bread"))
    expect(answer(page, "writing")).to_have_count(1)
    expect(page.get_by_role("button", name="Make a note of this answer")).to_be_hidden()
    model.go()
    expect(answer(page, "done").locator(".task")).to_have_count(2)

    answer(page, "done").hover()
    page.get_by_role("button", name="Make a note of this answer").click()

    expect(page.locator(".toast")).to_contain_text("Added as a note")
    (note,) = notes_with(rest, word)
    assert note["tasks"] == {"done": 0, "total": 2}


def test_without_scripts_a_form_makes_the_note_and_shows_it(windows, rest, shared_server, ada, place):
    text = fresh()
    say(rest, place, person(rest), text)
    page = rooms.be(windows(java_script_enabled=False), shared_server, ada)
    page.goto(f"{shared_server.base}/front/rooms/{place}")

    form = message(page, text).locator(".note-form")
    action, key = form.get_attribute("action"), form.locator("[name=client_key]").get_attribute("value")
    form.get_by_role("button", name="Make a note of this message").click()

    expect(page.locator(".note .content")).to_contain_text(text)
    page.context.request.post(f"{shared_server.base}{action}", form={"client_key": key or ""})
    assert len(notes_with(rest, text)) == 1


def test_on_a_phone_a_tap_on_a_message_shows_the_button(come, rest, ada, place):
    text = fresh()
    say(rest, place, person(rest), text)
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = come(ada, place, **phone)
    button = message(page, text).get_by_role("button", name="Make a note of this message")
    expect(button).to_be_hidden()

    message(page, text).locator(".content").tap()

    expect(button).to_be_visible()
    assert_fits_a_thumb(page, "main :is(a, button, summary, textarea):not(.content a)")
    assert_accessible(page)


def test_the_button_is_for_those_who_may_write_on_the_open_board(windows, rest, shared_server, place):
    say(rest, place, person(rest), fresh())
    page = visit(windows(), shared_server, f"/front/rooms/{place}")

    expect(page.locator(".note-form")).to_have_count(1)  # in open mode everybody may
    expect(page.locator(FIELD)).to_have_count(0)
