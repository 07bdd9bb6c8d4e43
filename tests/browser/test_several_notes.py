"""Selected notes are changed at once, and changed back at once."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, focused, fresh
from tests.browser.selecting import Json, bar, now, press, select, selected, shows
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess


@pytest.fixture
def other(windows: Windows, shared_server: ServerProcess) -> Page:
    """A window of another browser."""
    return visit(windows(), shared_server)


@pytest.fixture(scope="module")
def window(module_window: Page) -> Page:
    """A window on the board, live, for all tests: each has notes of its own."""
    return module_window


def test_a_form_changes_several_notes_without_scripts(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *_ = notes
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes")
    expect(page.get_by_label("With the selected notes")).to_have_count(0)

    def apply(option: str) -> None:
        page.get_by_role("link", name="Select several notes").click()
        for note in (one, two):
            card_of(page, note).get_by_role("checkbox", name="Select", exact=True).check()
        page.get_by_label("With the selected notes").select_option(option)
        page.get_by_role("button", name="Apply").click()

    apply("Pin")
    apply("Yellow")
    assert [(now(rest, n)["pinned"], now(rest, n)["colour"]) for n in (one, two, three)] == [
        (True, "yellow"),
        (True, "yellow"),
        (False, "none"),
    ]
    for option, words in (("Delete", "Deleted: 2 notes"), ("Archive", "Archived: 2 notes")):
        apply(option)
        expect(card_of(page, one)).to_have_count(0)
        expect(page.locator(".notice:visible")).to_contain_text(words)
        page.get_by_role("button", name="Undo").click()
        expect(card_of(page, one)).to_have_count(1)
        expect(card_of(page, two)).to_have_count(1)


def test_only_what_was_changed_is_changed_back_in_every_window(
    window: Page, other: Page, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *rest_of = notes
    rest.patch(f"/api/notes/{three['id']}", json={"pinned": True})
    here, there = window, other
    shows(here, three, one, two)
    select(here, three, one, two)

    press(here, "Pin")
    for page in (here, there):
        shows(page, one, two, three, *rest_of)
    expect(here.locator("#toasts")).to_contain_text("2 notes pinned.")
    expect(bar(here).get_by_role("button", name="Pin")).to_have_attribute("aria-pressed", "true")
    here.get_by_role("button", name="Undo").last.click()

    for page in (here, there):
        shows(page, three, one, two, *rest_of)
    selected(here, three, one, two)
    assert [now(rest, note)["version"] for note in (one, two, three)] == [3, 3, 2]


def test_each_note_gets_its_former_colour_back_but_not_over_another_change(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    colours = ["none", "red", "blue", "blue"]
    for note, colour in zip(notes, colours, strict=False):
        rest.patch(f"/api/notes/{note['id']}", json={"colour": colour})
    expect(card_of(window, notes[3])).to_have_attribute("data-colour", "blue")
    select(window, *notes[:4])

    press(window, "Colour")
    window.get_by_role("menuitemradio", name="Teal").click()
    expect(window.locator("#toasts")).to_contain_text("Teal: 4 notes.")
    rest.patch(f"/api/notes/{notes[2]['id']}", json={"colour": "pink"})
    expect(card_of(window, notes[2])).to_have_attribute("data-colour", "pink")
    window.keyboard.press("u")

    for note, colour in zip(notes, ["none", "red", "pink", "blue"], strict=False):
        expect(card_of(window, note)).to_have_attribute("data-colour", colour)
    assert [now(rest, note)["colour"] for note in notes[:4]] == ["none", "red", "pink", "blue"]


def test_labels_that_all_have_are_chosen_and_one_undo_takes_all_choices_back(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    one, two, three, *_ = notes
    both, single, new, theirs = (fresh(word) for word in ("both", "single", "new", "theirs"))
    for note, labels in ((one, [both, single]), (two, [both]), (three, [both])):
        rest.patch(f"/api/notes/{note['id']}", json={"labels": labels})
    expect(card_of(window, three)).to_contain_text(both)
    select(window, one, two, three)

    press(window, "Labels")
    options = window.get_by_role("listbox")
    expect(options.get_by_role("option", name=both)).to_have_attribute("aria-selected", "true")
    expect(options.get_by_role("option", name=single)).to_have_attribute("aria-selected", "false")
    for name in (both, single):
        options.get_by_role("option", name=name).click()
    window.get_by_role("combobox", name="Labels").fill(new)
    window.keyboard.press("Enter")
    expect(options.get_by_role("option", name=new)).to_have_attribute("aria-selected", "true")
    window.keyboard.press("Escape")

    expect(window.locator("#toasts")).to_contain_text("Labels of 3 notes changed.")
    assert [now(rest, note)["labels"] for note in (one, two, three)] == [[single, new]] * 3
    selected(window, one, two, three)
    rest.patch(f"/api/notes/{two['id']}", json={"labels": [single, new, theirs]})
    expect(card_of(window, two)).to_contain_text(theirs)
    window.get_by_role("button", name="Undo").last.click()
    expect(card_of(window, two)).not_to_contain_text(new)
    expect(card_of(window, two)).to_contain_text(both)
    assert [now(rest, note)["labels"] for note in (one, two, three)] == [[single, both], [theirs, both], [both]]


def test_a_note_with_too_many_labels_is_named_and_nothing_is_changed(
    window: Page, rest: httpx.Client, notes: list[Json]
):
    full, other, *_ = notes
    rest.patch(f"/api/notes/{full['id']}", json={"labels": [str(number) for number in range(20)]})
    expect(card_of(window, full)).to_contain_text("19")
    select(window, full, other)

    press(window, "Labels")
    window.get_by_role("combobox", name="Labels").fill("one more")
    window.keyboard.press("Enter")

    expect(window.locator("#toasts")).to_contain_text(f"“{full['title']}” would have too many labels.")
    assert now(rest, other)["labels"] == []


def test_notes_move_to_another_board_and_back_to_their_places(
    window: Page, other: Page, shared_server: ServerProcess, rest: httpx.Client, notes: list[Json]
):
    one, two, three, four, five = notes
    board = rest.post("/api/boards", json={"name": fresh("Shed")}).json()
    here, there = visit(window, shared_server), visit(other, shared_server, f"/front/boards/{board['id']}/notes")
    select(here, two, three, five)

    press(here, "Move")
    here.get_by_role("menuitem", name=board["name"]).click()

    shows(there, two, three, five)
    shows(here, one, four)
    expect(here.locator("#toasts")).to_contain_text(f"3 notes moved to {board['name']}.")
    selected(here)
    here.get_by_role("button", name="Undo").last.click()
    shows(here, *notes)
    expect(there.locator(".note")).to_have_count(0)


def test_archived_and_deleted_notes_come_back_at_once(window: Page, notes: list[Json]):
    for name, words in (("Archive", "2 notes archived."), ("Delete", "2 notes deleted.")):
        select(window, *notes[1:3])
        press(window, name)
        expect(window.locator("#toasts")).to_contain_text(words)
        shows(window, notes[0], notes[3])
        selected(window)
        assert focused(window) == f"note-{notes[0]['id']}" or focused(window).startswith("note-")
        window.keyboard.press("u")
        shows(window, *notes)


def test_the_focus_goes_to_the_next_card_that_stays(window: Page, notes: list[Json]):
    one, two, three, four, _ = notes
    select(window, one, two, three)
    card_of(window, one).focus()
    window.evaluate("""() => {
      window.visited = [];
      document.addEventListener("focusin", ({ target }) => window.visited.push(target.id));
    }""")

    window.keyboard.press("Delete")

    expect(card_of(window, three)).to_have_count(0)
    expect(card_of(window, four)).to_be_focused()
    assert window.evaluate("visited") == [f"note-{four['id']}"]


def test_a_failed_change_is_told_and_can_be_tried_again(window: Page, rest: httpx.Client, notes: list[Json]):
    select(window, *notes[:2])
    window.route("**/notes/bulk", lambda route: route.abort(), times=1)

    press(window, "Pin")
    window.get_by_role("button", name="Retry").click()

    expect(window.locator("#toasts")).to_contain_text("2 notes pinned.")
    assert [now(rest, note)["pinned"] for note in notes[:3]] == [True, True, False]
