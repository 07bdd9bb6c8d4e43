"""A page that is read from right to left, and notes of either direction."""

import pytest
from playwright.sync_api import expect

from tests.browser.board import card, create, fresh
from tests.browser.windows import visit

HEBREW = "שלום"
APART = """search => {
  const [field, icon] = [search.querySelector("input"), search.querySelector(".icon").getBoundingClientRect()];
  const { left, right } = field.getBoundingClientRect();
  const { paddingLeft, paddingRight } = getComputedStyle(field);
  return left + parseFloat(paddingLeft) >= icon.right || right - parseFloat(paddingRight) <= icon.left;
}"""


@pytest.fixture(params=["ltr", "rtl"])
def direction(request):
    return request.param


@pytest.fixture
def page(windows, shared_server, direction):
    page = visit(windows(viewport={"width": 360, "height": 740}), shared_server)
    page.evaluate("direction => document.documentElement.dir = direction", direction)
    return page


def test_an_empty_field_begins_where_the_page_begins_and_a_filled_one_where_its_text_begins(page, direction):
    title = page.locator("#add-title")

    expect(title).to_have_css("direction", direction)
    title.fill(HEBREW)
    expect(title).to_have_css("direction", "rtl")
    title.fill("words")
    expect(title).to_have_css("direction", "ltr")


@pytest.mark.parametrize("text", ["words", HEBREW])
def test_the_icon_of_the_search_covers_no_text(page, text):
    page.fill("#search-field", text)

    assert page.locator(".search").evaluate(APART)


def test_nothing_reaches_over_the_edge_of_a_small_screen(page, rest):
    title = fresh("long" * 40)
    create(rest, title, HEBREW * 40)
    expect(card(page, title)).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
