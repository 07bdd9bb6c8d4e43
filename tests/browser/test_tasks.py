"""Tasks on cards: one click ticks a line, live for everybody; buttons change all of them."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess

LIST = "- [ ] milk\n- [x] bread\n- [ ] eggs"


@pytest.fixture(scope="module")
def window(module_window: Page) -> Page:
    """A window on the board, live, for all tests: each has notes of its own."""
    return module_window


@pytest.fixture
def other(windows: Windows, shared_server: ServerProcess) -> Page:
    """A window of another browser."""
    return visit(windows(), shared_server)


@pytest.fixture
def plain(windows: Windows) -> Page:
    """A window without scripts."""
    return windows(java_script_enabled=False)


def _box(card, name: str):
    return card.get_by_role("checkbox", name=name, exact=True)


def _text(rest: httpx.Client, note) -> str:
    return str(rest.get(f"/api/notes/{note['id']}").json()["description"])


def test_tasks_work_without_javascript(plain: Page, rest, shared_server: ServerProcess):
    note = create(rest, fresh(), LIST)
    plain.goto(f"{shared_server.base}/front/notes")
    card = card_of(plain, note)

    _box(card, "milk").click()
    expect(_box(card, "milk")).to_be_checked()
    _box(card, "bread").click()
    expect(_box(card, "bread")).not_to_be_checked()
    card.get_by_role("button", name="Delete done").click()
    expect(card.locator(".tasks-count")).to_have_text("0 of 2")
    assert _text(rest, note) == "- [ ] bread\n- [ ] eggs"


def test_a_ticker_ticks_tasks_and_a_viewer_does_not(known):
    root, tom, vera = known("rita"), known("tom"), known("vera")
    board = root.board(ticker=tom, viewer=vera)
    note = root.rest.post(f"/api/boards/{board}/notes", json={"title": "a", "description": LIST}).json()
    ticker, viewer = (member.window(f"/front/boards/{board}/notes") for member in (tom, vera))

    for page in (ticker, viewer):
        expect(card_of(page, note).get_by_role("button", name="Uncheck all")).to_have_count(0)
    expect(_box(card_of(viewer, note), "milk")).to_be_disabled()
    _box(card_of(ticker, note), "milk").click()
    expect(_box(card_of(viewer, note), "milk")).to_be_checked()
    expect(_box(card_of(viewer, note), "milk")).to_be_disabled()


def test_boxes_and_the_field_of_a_new_task_are_large_enough_for_a_finger(
    windows: Windows, rest, shared_server: ServerProcess
):
    window = visit(windows(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}), shared_server)
    note = create(rest, fresh(), LIST)
    box = _box(card_of(window, note), "milk")
    expect(box).to_be_visible()
    place = box.bounding_box()
    assert place
    assert min(round(place["width"]), round(place["height"])) >= 44
    box.tap()
    expect(box).to_be_checked()

    visit(window, shared_server, f"/front/notes/{note['id']}")
    expect(window.get_by_role("button", name="Uncheck all")).to_be_visible()
    field = window.get_by_placeholder("Add a task").bounding_box()
    assert field
    assert field["width"] >= 100


def test_a_click_ticks_a_task_in_every_window(window: Page, other: Page, rest):
    here, there = window, other
    note = create(rest, fresh(), LIST)
    expect(card_of(there, note).locator(".tasks-count")).to_have_text("1 of 3")

    _box(card_of(here, note), "milk").click()

    for page in (here, there):
        expect(_box(card_of(page, note), "milk")).to_be_checked()
        expect(card_of(page, note).locator(".tasks-count")).to_have_text("2 of 3")
        expect(card_of(page, note).locator(".editor")).to_have_count(0)
    assert _text(rest, note) == LIST.replace("- [ ] milk", "- [x] milk")

    _box(card_of(there, note), "milk").press("Space")
    expect(_box(card_of(here, note), "milk")).not_to_be_checked()
    here.reload()
    expect(_box(card_of(here, note), "milk")).not_to_be_checked()


def test_two_windows_tick_different_tasks_at_once(window: Page, other: Page, rest):
    pages = [window, other]
    note = create(rest, fresh(), "\n".join(f"- [ ] task {number}" for number in range(1, 9)))
    for page in pages:
        expect(card_of(page, note)).to_be_visible()

    for number in range(1, 9):
        _box(card_of(pages[number % 2], note), f"task {number}").click()

    for page in pages:
        expect(card_of(page, note).locator(".tasks-count")).to_have_text("8 of 8")


def test_the_focus_stays_on_a_task_that_others_change(window: Page, rest):
    note = create(rest, fresh(), LIST)
    _box(card_of(window, note), "eggs").focus()

    for sent in ({"line": 1, "source": "- [ ] milk", "done": True}, {"line": 3, "source": "- [ ] eggs", "done": True}):
        rest.patch(f"/api/notes/{note['id']}/tasks", json=sent)
    expect(_box(card_of(window, note), "eggs")).to_be_checked()
    expect(_box(card_of(window, note), "eggs")).to_be_focused()


def test_a_task_that_was_changed_meanwhile_says_so(window: Page, rest):
    note = create(rest, fresh(), LIST)
    box = _box(card_of(window, note), "milk")
    expect(box).to_be_visible()
    window.route(
        "**/tasks",
        lambda route: (
            rest.patch(f"/api/notes/{note['id']}", json={"description": "- [ ] oat milk"}),
            route.continue_(),
        ),
        times=1,
    )

    box.click()

    expect(card_of(window, note).locator(".note-status")).to_contain_text("Somebody else")
    expect(_box(card_of(window, note), "oat milk")).not_to_be_checked()


def test_a_tick_without_a_connection_says_so_and_is_taken_back(window: Page, rest):
    note = create(rest, fresh(), LIST)
    box = _box(card_of(window, note), "milk")
    expect(box).to_be_visible()
    window.context.set_offline(True)

    box.click()

    expect(card_of(window, note).locator(".note-status[data-failed]")).to_be_visible()
    expect(box).not_to_be_checked()
    window.context.set_offline(False)
    card_of(window, note).get_by_role("button", name="Retry").click()
    expect(box).to_be_checked()


def test_all_tasks_are_unchecked_and_done_ones_are_deleted_with_undo(window: Page, rest):
    note = create(rest, fresh(), LIST)
    card = card_of(window, note)
    card.hover()
    card.get_by_role("button", name="Delete done").click()
    expect(card.locator(".tasks-count")).to_have_text("0 of 2")
    assert _text(rest, note) == "- [ ] milk\n- [ ] eggs"
    expect(card.get_by_role("button", name="Delete done")).to_be_hidden()

    window.get_by_role("button", name="Undo").click()
    expect(card.locator(".tasks-count")).to_have_text("1 of 3")
    assert _text(rest, note) == LIST
    card.hover()
    card.get_by_role("button", name="Uncheck all").click()
    expect(card.locator(".tasks-count")).to_have_text("0 of 3")


def test_tasks_are_added_on_the_card(window: Page, plain: Page, rest, shared_server: ServerProcess):
    here, there = window, plain
    note = create(rest, fresh(), LIST)
    field = card_of(here, note).get_by_label("Add a task")
    for task in ("tea", "  salt"):
        field.fill(task)
        field.press("Enter")
    expect(_box(card_of(here, note), "salt")).to_be_visible()
    expect(field).to_have_value("")
    expect(field).to_be_focused()

    there.goto(f"{shared_server.base}/front/notes")
    card_of(there, note).get_by_label("Add a task").fill("rice")
    card_of(there, note).get_by_label("Add a task").press("Enter")

    expect(_box(card_of(here, note), "rice")).to_be_visible()
    assert _text(rest, note) == f"{LIST}\n- [ ] tea\n- [ ] salt\n- [ ] rice"


def test_done_tasks_are_shown_last_where_that_is_wanted(window: Page, rest):
    note = create(rest, fresh(), "- [x] bread\n- [ ] milk")

    def above(one: str, other: str) -> bool:
        places = [_box(card_of(window, note), name).bounding_box() for name in (one, other)]
        assert places[0]
        assert places[1]
        return bool(places[0]["y"] < places[1]["y"])

    expect(_box(card_of(window, note), "bread")).to_be_visible()
    assert above("bread", "milk")
    window.get_by_role("button", name="Done tasks last").click()
    assert above("milk", "bread")
    window.reload()
    expect(_box(card_of(window, note), "bread")).to_be_visible()
    assert above("milk", "bread")
    window.get_by_role("button", name="Done tasks last").click()
    assert above("bread", "milk")
    assert _text(rest, note) == "- [x] bread\n- [ ] milk"
