"""The columns of the board: as many as fit, in reading order, without holes and overlaps, after every change."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import card_of, create, create_many, fresh
from tests.browser.conftest import serving
from tests.browser.windows import IN_MOTION, visit

GAP = 12
SLACK = 24  # a card may begin so much above the one before it
CARDS = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  for (const animation of document.getAnimations()) animation.finish();
  done([...document.querySelectorAll("ul.notes > li")].map((card) => {
    const { left, top, right, bottom } = card.getBoundingClientRect();
    return { id: Number(card.dataset.id), done: "done" in card.dataset, left, right, top, bottom };
  }).filter(({ top, bottom }) => bottom > top && bottom > 0 && top < innerHeight));
})))"""
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
    .observe({ type: "layout-shift", buffered: true });
"""
WIDTHS = {320: 1, 390: 1, 640: 2, 1024: 3, 1920: 5, 2560: 5, 1280: 4}
WHOLE = {320, 1024, 2560}  # where the board is looked at from its top to its end

Cards = list[dict[str, Any]]


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server with notes of many sizes, some of them done."""
    with serving("shared", tmp_path_factory.mktemp("server")) as server:
        with httpx.Client(base_url=server.base, verify=False) as rest:
            texts = ["Some words. " * (number * 7 % 40) or None for number in range(60)]
            create_many(
                rest,
                [
                    {"title": fresh("column"), "description": text, "done": number % 9 == 0}
                    for number, text in enumerate(texts)
                ],
            )
        yield server


def cards_of(page: Page) -> Cards:
    """The boxes of the cards in the window, in the order of the document."""
    found: Cards = page.evaluate(CARDS)
    return found


def whole_board(page: Page) -> Iterator[Cards]:
    """The cards in the window, from the top of the board to its end."""
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    yield cards_of(page)
    while page.evaluate("scrollY + innerHeight + 1 < document.documentElement.scrollHeight"):
        page.evaluate("scrollBy({ top: 500, behavior: 'instant' })")
        yield cards_of(page)


def columns_of(cards: Cards) -> list[Cards]:
    """The cards of each column, from its top."""
    lefts = sorted({card["left"] for card in cards})
    return [sorted((card for card in cards if card["left"] == left), key=lambda card: card["top"]) for left in lefts]


def assert_in_columns(cards: Cards) -> None:
    """No card overlaps another, the gaps are even, and to read by rows is to read in the document's order."""
    for column in columns_of(cards):
        for card, below in pairwise(column):
            gap = below["top"] - card["bottom"]
            if card["done"] == below["done"]:
                assert GAP - 1 < gap < GAP + 1, (card, below)
            else:
                assert gap > GAP, (card, below)
    for card, following in pairwise(cards):
        assert following["top"] >= card["top"] - SLACK, (card, following)


def test_a_board_has_as_many_columns_as_fit_and_from_right_to_left_the_first_is_at_the_right(windows, shared_server):
    page = visit(windows(viewport={"width": 320, "height": 800}), shared_server)
    for width, columns in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("#notes")).to_have_attribute("data-columns", str(columns))
        found = columns_of(cards_of(page))
        assert len(found) == columns, width
        rights = [column[0]["right"] for column in found]
        gaps = [after[0]["left"] - right for right, after in zip(rights, found[1:], strict=False)]
        assert all(GAP - 1 <= gap <= GAP + 1 for gap in gaps), (width, gaps)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        for cards in whole_board(page) if width in WHOLE else [cards_of(page)]:
            assert_in_columns(cards)
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")

    page.evaluate("document.documentElement.dir = 'rtl'")
    page.set_viewport_size({"width": 1270, "height": 800})
    cards = cards_of(page)
    assert len(columns_of(cards)) == WIDTHS[1280]
    assert_in_columns(cards)
    assert cards[0]["left"] == max(card["left"] for card in cards)


def test_nothing_shifts_while_a_board_opens_and_while_the_rest_is_loaded(windows, shared_server):
    for width in (390, 1280):
        page = windows(viewport={"width": width, "height": 800})
        page.add_init_script(WATCH_SHIFTS)
        visit(page, shared_server)
        page.wait_for_load_state("networkidle")

        assert len(columns_of(cards_of(page))) == WIDTHS[width]
        assert sum(page.evaluate("shifts")) < 0.01


def test_the_cards_stay_in_columns_after_random_changes(windows, shared_server, rest):
    random = Random(0)
    page = visit(windows(), shared_server)
    made = [create(rest, fresh("random"), "Words and words. " * random.randrange(30) or None) for _ in range(6)]
    for _ in range(30):
        note = random.choice(made)
        path = f"/api/notes/{note['id']}"
        match random.randrange(6):
            case 0:
                made.append(create(rest, fresh("random"), "More of them. " * random.randrange(30) or None))
            case 1 if len(made) > 3:
                rest.delete(path)
                made.remove(note)
            case 2:
                others = [other for other in made if other is not note]
                rest.post(f"{path}/move", json={"after_id": random.choice(others)["id"]})
            case 3:
                rest.patch(path, json={"done": not rest.get(path).json()["done"]})
            case 4:
                rest.patch(path, json={"description": "Another text. " * random.randrange(1, 40)})
            case _:
                page.evaluate("at => scrollTo({ top: at, behavior: 'instant' })", random.randrange(1500))
    last = create(rest, fresh("last"))
    expect(card_of(page, last)).to_be_attached()

    seen: set[int] = set()
    for cards in whole_board(page):
        assert_in_columns(cards)
        seen.update(card["id"] for card in cards)
    assert sorted(seen) == [note["id"] for note in rest.get("/api/notes").json()]
    for note in (*made, last):
        rest.delete(f"/api/notes/{note['id']}")


def test_a_card_that_grows_or_is_hidden_moves_the_cards_below_it_in_the_same_frame(windows, shared_server, rest):
    page = visit(windows(**IN_MOTION), shared_server)
    long = create(rest, fresh("long"), "A long text. " * 80)
    card = card_of(page, long)
    expect(card.locator(".more-button")).to_be_visible()
    assert_in_columns(cards_of(page))

    card.locator(".more-button").click()
    assert_in_columns(cards_of(page))
    card.locator(".edit-link").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".editor")).to_be_visible()
    assert_in_columns(cards_of(page))
    page.keyboard.press("Escape")
    page.fill("#search-field", "column")
    expect(card).to_be_hidden()
    assert_in_columns(cards_of(page))
    rest.delete(f"/api/notes/{long['id']}")


@pytest.fixture
def board(rest):
    """The id of an empty board."""
    return int(rest.post("/api/boards", json={"name": fresh("board")}).json()["id"])


def test_a_card_of_one_line_is_48_pixels_high_and_a_phone_shows_eight_of_them(windows, shared_server, rest, board):
    create_many(rest, [{"title": fresh()} for _ in range(12)], board)
    page = visit(windows(viewport={"width": 390, "height": 844}), shared_server, f"/front/boards/{board}/notes")

    cards = cards_of(page)

    assert {card["bottom"] - card["top"] for card in cards} == {48}
    assert len([card for card in cards if card["bottom"] < 844 - 56]) >= 8  # the places are below


def test_the_button_of_a_phone_opens_the_composer_above_everything_and_a_tap_beside_it_closes_it(
    windows, shared_server
):
    page = visit(windows(viewport={"width": 390, "height": 844}), shared_server)
    button, title = page.locator("#composer-button"), page.locator("#add-title")
    box = button.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (56, 56)
    assert box["y"] > 844 / 2
    page.evaluate("scrollTo({ top: 600, behavior: 'instant' })")

    button.click()
    expect(title).to_be_focused()
    page.keyboard.type(words := fresh("by thumb"))
    page.keyboard.press("Enter")

    expect(page.locator("ul.notes > li").first).to_contain_text(words)
    expect(title).to_be_focused()
    assert page.evaluate("scrollY") == 600
    expect(button).to_be_hidden()
    page.mouse.click(195, 200)
    expect(button).to_be_visible()


def test_a_text_folds_when_two_lines_are_hidden_and_its_card_stays_as_high_as_it_is(
    windows, shared_server, rest, board
):
    texts = ["line\n" * (lines - 1) + "line" for lines in (7, 8)]
    path = f"/api/boards/{board}/notes"
    seven, eight = (rest.post(path, json={"description": text}).json() for text in texts)
    page = windows()
    page.add_init_script(WATCH_SHIFTS)
    visit(page, shared_server, f"/front/boards/{board}/notes")

    expect(card_of(page, eight).locator(".more-button")).to_be_visible()
    expect(card_of(page, eight).locator(".more-button")).to_have_css("height", "28px")
    expect(card_of(page, seven).locator(".more-button")).to_be_hidden()
    heights = {card["bottom"] - card["top"] for card in cards_of(page)}
    assert len(heights) == 1
    assert sum(page.evaluate("shifts")) == 0
