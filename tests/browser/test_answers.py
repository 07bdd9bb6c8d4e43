"""Answers of the assistant on the pages: streamed, stopped, failed and retried, in every window."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import access, rooms
from tests.browser.assistant import ANSWERS, FIELD, answer
from tests.browser.conftest import serving
from tests.browser.rooms import said, say, unread, write
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.test_content import MARKUP
from tests.browser.test_xss import CORPUS
from tests.browser.valid_html import assert_valid
from tests.browser.windows import finish_animations
from tests.support.servers.server_process import wait_for

STEPS = 400
LONG = "".join(
    f"{number}. Water the *tomatoes* with {number} litres, and tell each of them a story.\n" for number in range(STEPS)
)
HEBREW = "שלום לכולם, הנה רשימה:\n1. עגבניות"


@pytest.fixture(scope="module")
def shared_server(assisted_server):
    return assisted_server


def test_an_answer_is_streamed_to_every_window_and_announced_when_it_is_complete(home, model):
    question = model.will("One ", model.hold, "two", " https://example.org/", " three.")
    here, there = home(), home(streamed=True)  # by a websocket and by an event stream
    there.fill(FIELD, "typed during it")
    write(here, question)
    for page in (here, there):
        expect(answer(page, "writing").locator(".content")).to_have_text("One")
        expect(answer(page, "writing")).to_have_attribute("aria-live", "off")
    here.reload()
    expect(here.locator("#connection")).to_have_text("Live")
    here.fill(FIELD, "typed too")
    here.evaluate("getSelection().selectAllChildren(document.querySelector('[data-answer] .content'))")
    expect(answer(here, "writing").get_by_role("button", name="Stop")).to_be_visible()
    model.go()

    for page, typed in ((here, "typed too"), (there, "typed during it")):
        whole = answer(page, "done")
        expect(whole.locator(".content")).to_have_text("One two https://example.org/ three.")
        expect(whole.locator(".content a")).to_have_attribute("href", "https://example.org/")
        expect(whole.locator(".stop-button")).to_be_hidden()
        expect(whole).to_have_attribute("aria-live", "off")
        expect(page.locator(FIELD)).to_have_value(typed)
        expect(page.locator("#announcer")).to_have_text("Assistant: One two https://example.org/ three.")
    assert here.evaluate("getSelection().toString()").startswith("One")


def test_a_visible_answer_is_read_while_it_is_streamed(home, rest, ada, own_room, model):
    page = home()
    write(page, model.will(*(step for number in range(300) for step in (f"{number} ", {"wait": 0.05}))))
    expect(answer(page, "writing")).to_have_count(1)

    wait_for(lambda: unread(rest, ada, own_room) == 0, "it is read")

    expect(page.locator("#rooms-place .badge")).to_be_hidden()
    answer(page, "writing").get_by_role("button", name="Stop").click()
    expect(answer(page, "stopped")).to_have_count(1)


def test_an_answer_is_stopped_retried_fails_and_is_deleted(home, rest, own_room, model):
    question = model.will("As far as it came", model.hold, "!")
    here, there = home(), home()
    write(here, question)
    expect(answer(here, "writing")).to_have_count(1)
    here.keyboard.press("Escape")
    here.keyboard.press("s")
    for page in (here, there):
        expect(answer(page, "stopped").locator(".content")).to_have_text("As far as it came")
        expect(answer(page, "stopped").locator(".answer-state")).to_have_text("Stopped")
    wait_for(lambda: model.upstream.open == 0, "the model rests")
    expect(here.locator("#announcer")).to_contain_text("The answer was stopped.")

    model.instead(question, {"wait": 0.3}, {"line": '{"error": "<b>out of memory</b>"}'})
    again = answer(there, "stopped").get_by_role("button", name="Ask again")
    again.focus()
    there.keyboard.press("Enter")
    expect(there.get_by_role("button", name="Stop")).to_be_focused()  # a former answer can be retried or deleted
    for page in (here, there):
        expect(answer(page, "failed").locator(".answer-state")).to_contain_text("<b>out of memory</b>")
        expect(answer(page, "failed").locator(".content")).to_be_hidden()  # it has no text
    expect(there.get_by_role("button", name="Ask again")).to_be_focused()
    expect(there.locator("#announcer")).to_contain_text("The assistant could not answer")

    answer(there, "failed").focus()
    there.keyboard.press("Delete")
    for page in (here, there):
        expect(page.locator(ANSWERS)).to_have_count(0)
    there.keyboard.press("u")
    expect(answer(here, "failed")).to_have_count(1)
    assert len(said(rest, own_room)) == 2


def test_the_scroll_position_stays_while_a_very_long_answer_grows(home, model):
    pieces = [LONG[at : at + 2000] for at in range(0, len(LONG), 2000)]
    assert 28_000 < len(LONG) <= 32_000
    question = model.will(*pieces[:8], model.hold, *pieces[8:])
    following, reading = home(), home(viewport={"width": 390, "height": 700})
    write(following, question)
    for page in (following, reading):
        expect(answer(page, "writing").locator(".content")).to_contain_text("Water")
    expect(answer(reading, "writing").locator(".content")).to_contain_text(
        re.findall(r"with \d+ litres", pieces[7])[-1]
    )
    top = "document.querySelector('[data-answer]').getBoundingClientRect().top"
    reading.evaluate("document.querySelector('#log').scrollTop = -1500")
    finish_animations(reading)
    before = reading.evaluate(top)  # once its animation is over
    model.go()

    for page in (following, reading):
        expect(answer(page, "done")).to_have_count(1)
        assert page.evaluate("document.querySelector('[data-answer] .source').textContent") == LONG
    rooms.expect_at_end(following)
    assert abs(reading.evaluate(top) - before) <= 1
    expect(reading.locator("#jump")).to_be_visible()
    assert following.locator("[data-answer] .content li").count() == STEPS
    reading.reload()
    assert reading.evaluate("document.querySelector('[data-answer] .source').textContent") == LONG


def test_an_answer_is_text_in_its_own_direction_and_fits_a_small_screen(home, model):
    texts = [*CORPUS, HEBREW, "x" * 300 + "\n\tif a:\n\t\treturn b"]
    page = home(viewport={"width": 320, "height": 640})
    # In pieces, so that markup would be completed step by step.
    write(page, model.will(*(piece for text in texts for piece in (text[:7], text[7:] + "\n\n"))))
    expect(answer(page, "done")).to_have_count(1)
    write(page, model.will(HEBREW[:6], HEBREW[6:]))
    expect(answer(page, "done")).to_have_count(2)

    assert page.evaluate("document.querySelector('[data-answer] .source').textContent") == "".join(
        text + "\n\n" for text in texts
    )
    assert page.evaluate("window.__xss") is None
    assert page.locator(f"{ANSWERS} .content :is({MARKUP})").count() == 0
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => document.documentElement.dir = direction", direction)
        expect(answer(page, "done").last.locator(".content")).to_have_css("direction", "rtl")
        assert_fits(page)
        assert page.evaluate("(log => log.scrollWidth <= log.clientWidth)(document.querySelector('#log'))")


# Accounts mode.


@pytest.fixture(scope="module")
def guarded_server(upstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    with serving("guarded", folder, "--access", "accounts", "--ollama-url", upstream.url) as server:
        access.arrive(server, access.setup_link(server), "root").close()
        yield server


def test_with_accounts_only_the_asking_user_can_stop_and_retry(member, model):
    question = model.will("It began", model.hold, "x")
    ada, eve = member("ada"), member("eve")
    asking, watching = ada.window("/front/rooms/1"), eve.window("/front/rooms/1")
    write(asking, f"@assistant {question}")
    for page in (asking, watching):
        expect(answer(page, "writing")).to_have_count(1)
    watching.reload()
    expect(answer(watching, "writing")).to_contain_text("Writing…")
    expect(watching.locator(".stop-button")).to_be_hidden()
    asking.get_by_role("button", name="Stop").click()

    for page in (asking, watching):
        expect(answer(page, "stopped")).to_contain_text("It began")
    expect(asking.get_by_role("button", name="Ask again")).to_be_visible()
    expect(watching.locator(".again-button")).to_be_hidden()
    own_room = asking.context.request.post(f"{ada.server.base}/front/assistant", max_redirects=0).headers["location"]
    assert eve.rest.get(own_room).status_code == 404


# Without scripts.


def test_without_scripts_an_answer_is_stopped_and_retried_by_forms(windows, shared_server, ada, model):
    question = model.will("First ", model.hold, "x")
    page = rooms.be(windows(java_script_enabled=False), shared_server, ada)
    page.goto(f"{shared_server.base}/front/rooms")
    page.get_by_role("button", name="Assistant").click()
    page.fill(FIELD, question)
    page.get_by_role("button", name="Send").click()
    model.upstream.is_answering()

    def now(state):
        page.get_by_role("button", name="Refresh").click()
        return answer(page, state).count() == 1

    wait_for(lambda: now("writing"), "it is being written")
    expect(answer(page, "writing").locator(".content")).to_have_text("First")
    page.get_by_role("button", name="Stop").click()
    expect(answer(page, "stopped")).to_contain_text("First")
    model.instead(question, {"status": 500, "body": '{"error": "no memory"}'})
    page.get_by_role("button", name="Ask again").click()
    wait_for(lambda: page.reload() and answer(page, "failed").count() == 1, "it fails")
    expect(answer(page, "failed")).to_contain_text("no memory")
    assert page.locator("#ask-button, .needs-script").filter(visible=True).count() == 0
    answer(page, "failed").get_by_role("button", name="Delete").click()
    expect(page.locator(ANSWERS)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(answer(page, "failed")).to_have_count(1)


# Accessibility.


@pytest.fixture
def every_state(rest, ada, own_room, model):
    """Ada's room with an answer in each state."""
    whole, failed = (
        model.will("Here it is: https://example.org/"),
        model.will("So far", {"line": '{"error": "out of memory"}'}),
    )
    growing, waiting = model.will("It comes", model.hold, "!"), model.will(model.hold, "!")
    for question in (whole, failed):
        say(rest, own_room, ada, question)
        wait_for(
            lambda: rest.get(f"/api/rooms/{own_room}/messages").json()[-1]["answer"]["state"] in {"done", "failed"},
            "it ends",
        )
    say(rest, own_room, ada, growing)
    stopped = created_answer(rest, own_room)
    wait_for(lambda: rest.get(f"/api/messages/{stopped}").json()["content"], "it grows")
    assert rest.post(f"/api/messages/{stopped}/stop").status_code == 200
    for question in (growing, waiting):
        say(rest, own_room, ada, question)
    model.upstream.is_answering(2)
    return own_room


def created_answer(rest, place):
    return rest.get(f"/api/rooms/{place}/messages").json()[-1]["id"]


def test_every_state_is_accessible_has_large_touch_targets_and_is_valid_html(home, rest, ada, every_state, tmp_path):
    page = home(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    for state in ("done", "failed", "stopped", "writing", "waiting"):
        expect(answer(page, state)).to_have_count(1)
    assert_accessible(page, "main")
    assert_fits_a_thumb(page, "main :is(a, button, summary, textarea):not(.content a)")

    with httpx.Client(base_url=rest.base_url, headers={"Accept": "text/html"}, verify=False) as client:
        client.post("/front/me", data={"person_id": ada["id"]})
        last = created_answer(rest, every_state)
        paths = {"room": "", "answer": f"/messages/{last}"}
        pages = {name: client.get(f"/front/rooms/{every_state}{path}") for name, path in paths.items()}
    for response in pages.values():
        assert response.status_code == 200
        assert "data-answer" in response.text
    assert_valid(tmp_path, pages)
