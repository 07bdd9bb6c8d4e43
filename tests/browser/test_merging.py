"""Two people edit one note: saving keeps the changes of both."""

from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.rooms import Person, be, person
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess

LIST = "- [ ] milk\n- [ ] bread\n- [ ] eggs"


class Two(NamedTuple):
    """Two users."""

    ada: Person
    ben: Person


@pytest.fixture(scope="module")
def two(shared_server: ServerProcess) -> Two:
    with httpx.Client(base_url=shared_server.base, verify=False) as rest:
        return Two(person(rest, "ada"), person(rest, "ben"))


@pytest.fixture
def ben(two: Two) -> Person:
    return two.ben


@pytest.fixture(scope="module")
def hers(module_windows: Windows, shared_server: ServerProcess, two: Two) -> Page:
    """Ada's window on the board, for all tests: each has a note of its own, and leaves no editor open."""
    return visit(be(module_windows(), shared_server, two.ada), shared_server)


@pytest.fixture
def his(windows: Windows, shared_server: ServerProcess, two: Two) -> Page:
    """Ben's."""
    return visit(be(windows(), shared_server, two.ben), shared_server)


@pytest.fixture
def by_ben(rest: httpx.Client, two: Two) -> httpx.Client:
    """The client, as Ben."""
    rest.post("/front/me", data={"person_id": two.ben["id"]})
    return rest


@pytest.fixture
def note(rest: httpx.Client):
    return create(rest, fresh("list"), LIST)


def _patch(client: httpx.Client, note, text: str):
    client.patch(f"/api/notes/{note['id']}", json={"description": text}).raise_for_status()


def _field(page: Page, note):
    return card_of(page, note).locator(".editor [name=description]")


def _description(rest: httpx.Client, note) -> str:
    text: str = rest.get(f"/api/notes/{note['id']}").json()["description"]
    return text


def test_two_editors_of_different_lines_are_both_saved_without_a_question(hers, his, rest, note):
    for page in (hers, his):
        edit(page, card_of(page, note))
    _field(hers, note).fill("- [ ] oat milk\n- [ ] bread\n- [ ] eggs\n- [ ] tea")
    _field(his, note).fill("- [ ] milk\n- [ ] bread\n- [ ] ten eggs\n- [ ] oil")
    card_of(his, note).locator("[name=title]").fill("Ben's title")

    card_of(hers, note).locator(".save-button").click()
    expect(_field(hers, note)).to_have_count(0)
    expect(card_of(his, note).locator(".elsewhere")).to_contain_text("changed this note. Saving keeps both changes.")
    card_of(his, note).locator(".save-button").click()
    expect(_field(his, note)).to_have_count(0)

    both = "- [ ] oat milk\n- [ ] bread\n- [ ] ten eggs\n- [ ] tea\n- [ ] oil"
    for page in (hers, his):
        expect(card_of(page, note).locator(".description")).to_have_text(both)
        expect(card_of(page, note).locator(".title")).to_have_text("Ben's title")
    assert _description(rest, note) == both


def test_an_editor_says_who_changed_the_note_and_keeps_their_tick(hers, by_ben, rest, note, ben):
    editor = edit(hers, card_of(hers, note))
    _field(hers, note).fill(LIST.replace("milk", "oat milk"))

    _patch(by_ben, note, LIST.replace("[ ] milk", "[x] milk"))
    expect(editor.locator(".elsewhere-text")).to_have_text(
        f"{ben['nickname']} changed this note. Saving keeps both changes."
    )
    expect(editor.locator(".compare-button")).to_be_hidden()
    expect(_field(hers, note)).to_have_value(LIST.replace("milk", "oat milk"))
    editor.locator(".save-button").click()

    expect(editor).to_have_count(0)
    assert _description(rest, note) == LIST.replace("[ ] milk", "[x] oat milk")


def test_tasks_that_are_clicked_during_an_edit_stay_ticked_wherever_their_lines_are(hers, his, rest, note):
    editor = edit(hers, card_of(hers, note))
    for task in ("milk", "eggs"):
        card_of(his, note).get_by_role("checkbox", name=task).click()
    expect(card_of(his, note).locator(".tasks-count")).to_have_text("2 of 3")

    _field(hers, note).fill("- [ ] eggs\n- [ ] milk and honey\n- [x] bread")
    editor.locator(".save-button").click()
    expect(editor).to_have_count(0)

    assert _description(rest, note) == "- [x] eggs\n- [x] milk and honey\n- [x] bread"


def test_an_editor_says_that_the_same_user_changed_the_note_elsewhere(hers, note):
    editor = edit(hers, card_of(hers, note))
    _field(hers, note).fill(LIST.replace("milk", "oat milk"))

    answer = hers.request.patch(
        hers.url.replace("/front", "/api") + f"/{note['id']}",
        data={"description": LIST.replace("[ ] milk", "[x] milk")},
    )
    assert answer.ok

    expect(editor.locator(".elsewhere-text")).to_have_text("You changed this note. Saving keeps both changes.")
    editor.locator(".save-button").click()
    expect(editor).to_have_count(0)


def test_typing_in_a_line_that_another_user_changed_is_announced_as_a_conflict(hers, by_ben, rest, note, ben):
    editor = edit(hers, card_of(hers, note))
    _patch(by_ben, note, LIST.replace("milk", "soy milk"))
    expect(editor.locator(".elsewhere")).to_contain_text("Saving keeps both changes.")

    _field(hers, note).fill(LIST.replace("milk", "oat milk"))

    expect(editor.locator(".elsewhere")).to_contain_text(f"{ben['nickname']} changed this note while you were editing")
    editor.locator(".compare-button").click()
    card_of(hers, note).get_by_role("button", name="Take theirs").click()
    expect(editor).to_have_count(0)
    assert _description(rest, note) == LIST.replace("milk", "soy milk")


def test_a_change_that_the_page_does_not_know_yet_is_merged_as_often_as_needed(hers, rest, note):
    """Each of the first two saves arrives after a change by another client."""
    editor = edit(hers, card_of(hers, note))
    _field(hers, note).fill(f"{LIST}\n- [ ] tea")
    changes = [LIST.replace("[ ] milk", "[x] milk"), LIST.replace("[ ] milk", "[x] milk").replace("eggs", "ten eggs")]
    answers = []

    def save(route):
        if changes and route.request.method == "PATCH":
            rest.patch(f"/api/notes/{note['id']}", json={"description": changes.pop(0)})
        answer = route.fetch()
        answers.append(answer.status)
        route.fulfill(response=answer)

    hers.route(f"**/api/notes/{note['id']}", save)
    editor.locator(".save-button").click()
    expect(editor).to_have_count(0)

    assert answers == [412, 412, 200]
    assert _description(rest, note) == "- [x] milk\n- [ ] bread\n- [ ] ten eggs\n- [ ] tea"


def test_text_typed_during_a_save_is_merged_by_the_next_one(hers, rest, note):
    editor = edit(hers, card_of(hers, note))
    _field(hers, note).fill(f"{LIST}\n- [ ] tea")
    rest.patch(f"/api/notes/{note['id']}", json={"description": LIST.replace("[ ] milk", "[x] milk")})
    expect(editor.locator(".elsewhere")).to_be_visible()
    held: list[Route] = []
    hers.route(f"**/api/notes/{note['id']}", lambda route: route.continue_() if held else held.append(route))

    with hers.expect_request(f"**/api/notes/{note['id']}"):
        editor.locator(".save-button").click()
    _field(hers, note).fill(f"{LIST}\n- [ ] tea and biscuits")
    while not held:
        hers.wait_for_timeout(10)  # the handler runs after the request is seen
    held[0].continue_()
    expect(editor.locator(".editor-state")).to_contain_text("is not saved yet")
    assert _description(rest, note) == LIST.replace("[ ] milk", "[x] milk") + "\n- [ ] tea"
    editor.locator(".save-button").click()
    expect(editor).to_have_count(0)

    assert _description(rest, note) == LIST.replace("[ ] milk", "[x] milk") + "\n- [ ] tea and biscuits"


def test_a_conflict_in_one_line_keeps_their_other_changes(hers, by_ben, rest):
    typed = LIST.replace("milk", "oat milk")
    merged = "- [ ] oat milk\n- [x] bread\n- [ ] eggs\n- [ ] tea"
    for choice in ("Keep mine", "Edit mine"):
        note = create(rest, fresh("list"), LIST)
        editor = edit(hers, card_of(hers, note))
        _field(hers, note).fill(typed)
        _patch(by_ben, note, "- [ ] soy milk\n- [x] bread\n- [ ] eggs\n- [ ] tea")
        expect(editor.locator(".compare-button")).to_be_visible()

        editor.locator(".save-button").click()
        expect(card_of(hers, note).locator(".mine")).to_contain_text(merged)
        expect(card_of(hers, note).locator(".theirs")).to_contain_text("soy milk")
        card_of(hers, note).get_by_role("button", name=choice).click()
        if choice == "Edit mine":
            expect(_field(hers, note)).to_have_value(merged)
            hers.keyboard.press("Control+z")
            expect(_field(hers, note)).to_have_value(typed)
            hers.keyboard.press("Control+Shift+z")
            expect(_field(hers, note)).to_have_value(merged)
            editor.locator(".save-button").click()
        expect(editor).to_have_count(0)

        assert _description(rest, note) == merged, choice


def test_a_draft_is_merged_after_a_reload(hers, by_ben, rest, note, shared_server):
    edit(hers, card_of(hers, note))
    _field(hers, note).fill(LIST.replace("eggs", "ten eggs"))
    _patch(by_ben, note, LIST.replace("[ ] milk", "[x] milk"))

    visit(hers, shared_server)
    expect(card_of(hers, note).locator(".elsewhere")).to_contain_text("Saving keeps both changes.")
    card_of(hers, note).locator(".save-button").click()
    expect(_field(hers, note)).to_have_count(0)

    assert _description(rest, note) == "- [x] milk\n- [ ] bread\n- [ ] ten eggs"
