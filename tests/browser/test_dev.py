"""Pages under `quart-notes dev` follow changed files: without a reload where possible, without losing typed text."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit
from tests.support.servers.dev_process import VERSION

HEADING = "h1"
LISTENS = "/dev/changes"
EACH_SHEET_ONCE = """() => {
  const links = [...document.querySelectorAll('link[rel="stylesheet"]')];
  return new Set(links.map(link => link.href.split("/css/")[1])).size === links.length;
}"""


PAGE = "/front/users"  # it loads a third of the board's scripts, each of which is a request here
FIELD = "#add-user-form [name=name]"
MARK = "window.mark = 'the same page'"  # until a reload


@pytest.fixture
def page(dev, windows) -> Page:
    """A marked page with typed text."""
    page: Page = visit(windows(), dev, PAGE)
    page.fill(FIELD, "half a na")
    page.evaluate(MARK)
    return page


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.mark === 'the same page'"))


def reloaded(page: Page) -> None:
    """Return once the page has been loaded again."""
    page.wait_for_function("() => window.mark === undefined && document.readyState === 'complete'")


def test_a_style_sheet_and_an_image_are_replaced_without_a_reload(page, dev):
    page.focus(FIELD)

    dev.write("static/css/style.css", dev.read("static/css/style.css") + "\nh1 { color: rgb(1, 2, 3) !important; }\n")

    expect(page.locator(HEADING).first).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator(FIELD)).to_have_value("half a na")
    expect(page.locator(FIELD)).to_be_focused()
    assert is_the_same(page)
    page.wait_for_function(EACH_SHEET_ONCE)  # the old one stays until the new one is loaded

    dev.edit("static/css/style.css", "rgb(1, 2, 3)", "rgb(4, 5, 6)")

    expect(page.locator(HEADING).first).to_have_css("color", "rgb(4, 5, 6)")
    page.evaluate(
        """() => {
          const image = document.createElement("img");
          image.src = document.querySelector('link[type="image/svg+xml"]').href;
          image.id = "shown";
          document.body.append(image);
        }"""
    )
    wide = "() => document.querySelector('#shown').naturalWidth === 345"
    assert not page.evaluate(wide)

    dev.write("static/icons/icon.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="345" height="20"/>')

    page.wait_for_function(wide)
    assert is_the_same(page)


def test_a_template_and_a_script_reload_the_page_which_restores_typed_text_but_no_passwords(page, dev):
    page.evaluate(
        """() => {
          const field = document.createElement("input");
          field.type = "password";
          field.id = "secret";
          document.body.append(field);
          field.value = "open sesame";
          addEventListener("pagehide", () => localStorage.setItem("seen", JSON.stringify({...sessionStorage})));
        }"""
    )
    page.focus(FIELD)

    dev.edit("templates/base.html", "{%- block main %}", '<p id="fresh">fresh</p>{% block main %}')

    expect(page.locator("#fresh")).to_be_visible()
    expect(page.locator(FIELD)).to_have_value("half a na")
    expect(page.locator(FIELD)).to_be_focused()
    expect(page.locator("#connection")).to_have_text("Live")
    seen = page.evaluate("localStorage.getItem('seen')")
    assert "half a na" in seen
    assert "open sesame" not in seen
    page.fill(FIELD, "")
    page.reload()  # it was restored once
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator(FIELD)).to_have_value("")

    dev.write("static/js/main.js", dev.read("static/js/main.js") + 'document.body.dataset.fresh = "yes";\n')

    expect(page.locator("body")).to_have_attribute("data-fresh", "yes")  # from its new address


def test_pages_wait_for_a_slow_restart_and_show_an_error_until_it_is_fixed(page, dev, windows):
    dialog = page.get_by_role("dialog", name="The server does not start")
    good = dev.read(VERSION)

    dev.write(VERSION, "import time\n\ntime.sleep(4)\n" + good)
    dev.says("8.1.0")

    expect(page.locator(HEADING).first).to_contain_text("Version 8.1.0")
    expect(page.locator(FIELD)).to_have_value("half a na")
    expect(page.locator("#connection")).to_have_text("Live")
    page.evaluate(MARK)

    dev.write(VERSION, good + "\nbroken = '<b>' +\n")

    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("SyntaxError: invalid syntax")
    expect(dialog).to_contain_text("quart_notes/version.py, line 5")
    expect(dialog.locator(".here")).to_contain_text("broken = '<b>' +")
    expect(dialog.locator(".error-panel")).to_have_css("border-top-style", "solid")
    expect(page.locator(FIELD)).to_have_value("half a na")
    assert is_the_same(page)
    assert_accessible(page, "quart-notes-dev")

    new = windows()
    new.goto(dev.base + PAGE)
    expect(new.get_by_role("heading")).to_have_text("The server does not start")
    expect(new.locator(".where")).to_have_text("quart_notes/version.py, line 5")
    assert_accessible(new)

    dev.edit(VERSION, "broken = '<b>' +", "raise ValueError('another one')")
    expect(new.locator(".what")).to_have_text("ValueError: another one")
    expect(dialog).to_contain_text("ValueError: another one")
    dev.write(VERSION, good)

    reloaded(page)
    expect(dialog).to_have_count(0)
    expect(page.locator(FIELD)).to_have_value("half a na")
    for one in (page, new):
        expect(one.locator("#connection")).to_have_text("Live")


def test_a_template_that_cannot_be_read_is_shown_over_the_page_and_one_that_fails_in_its_place(page, dev):
    dialog = page.get_by_role("dialog", name="A template cannot be read")

    dev.edit("templates/users.html", "{% block main %}", "{% block main %}{% if %}")

    expect(dialog).to_contain_text("templates/users.html, line ")
    expect(page.locator(FIELD)).to_have_value("half a na")
    page.keyboard.press("Escape")  # to inspect the page before it is fixed
    expect(dialog).to_be_hidden()

    dev.edit("templates/users.html", "{% if %}", "")

    reloaded(page)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator(FIELD)).to_have_value("half a na")

    dev.edit("templates/users.html", "{% block main %}", "{% block main %}{{ nobody.nothing.at_all }}")

    expect(page.locator(".where")).to_contain_text("templates/users.html, line ")

    dev.edit("templates/users.html", "{{ nobody.nothing.at_all }}", "")

    expect(page.locator("#connection")).to_have_text("Live")


def test_tabs_of_a_browser_share_one_connection(dev, windows):
    first = windows()
    second = windows(first.context)
    listening: list[Page] = []
    for tab in (first, second):
        tab.on("request", lambda request: listening.append(request.frame.page) if LISTENS in request.url else None)
        visit(tab, dev, PAGE)

    dev.write("static/css/style.css", dev.read("static/css/style.css") + "\nh1 { color: rgb(7, 8, 9) !important; }\n")
    for tab in (first, second):
        expect(tab.locator(HEADING).first).to_have_css("color", "rgb(7, 8, 9)")
    assert listening == [first]

    first.close()
    dev.edit("templates/base.html", "{%- block main %}", '<p id="fresh">fresh</p>{% block main %}')

    expect(second.locator("#fresh")).to_be_visible()
