"""The users' page: the list of users, updated in every window."""

import re
from itertools import product

from playwright.sync_api import Page, expect

from tests.blueprints.pages.test_identity import WRONG
from tests.browser.rooms import be, fresh, person
from tests.browser.test_accessibility import assert_fits, assert_fits_a_thumb
from tests.browser.windows import visit

PATH = "/front/users"
NAMES = [
    "<script>window.__xss = 1</script>",
    "<img src=x onerror='window.__xss = 1'>",
    "' onmouseover='window.__xss = 1' x='",
    "</template><svg onload=window.__xss=1>",
    "{{ 7 * 7 }} ${7*7} &lt;b&gt;",
    "\u202eevil\u202c",
]


def card(page: Page, nickname: str):
    return page.locator("ul#users > li.user", has=page.locator(".user-nick", has_text=re.compile(f"^{nickname}$")))


def add(page: Page, nickname: str, name: str = "Ada Lovelace", email: str = "ada@example.org") -> None:
    for field, value in {"name": name, "email": email, "nickname": nickname}.items():
        page.fill(f"#add-user-form [name={field}]", value)
    page.click("#add-user-form [type=submit]")


def nick() -> str:
    return fresh("nick").replace(" ", "-")


def test_the_page_lists_users_and_refuses_a_nickname_that_is_taken(windows, shared_server, rest):
    ada = person(rest, "ada")
    page = visit(windows(), shared_server, PATH)
    version = rest.get("/api/version").json()["version"]

    expect(page.locator("h1")).to_have_text(f"Known users - Version {version}")
    link = page.get_by_role("link", name=f"{ada['nickname']} ({ada['name']})", exact=True)
    expect(link).to_have_attribute("href", f"/front/messages/{ada['id']}")
    mail = card(page, ada["nickname"]).locator("a[href^=mailto]")
    expect(mail).to_have_attribute("href", f"mailto:{ada['email']}")
    # A guest is not offered conversations.
    expect(card(page, ada["nickname"]).get_by_role("button", name="Use as")).to_be_visible()
    expect(card(page, ada["nickname"]).get_by_role("button", name="Message")).to_be_hidden()
    # A deleted email address is removed from the page.
    assert rest.patch(f"/api/me?person_id={ada['id']}", json={"email": None}).status_code == 200
    expect(mail).to_be_hidden()
    add(page, ada["nickname"].upper())
    expect(page.locator("#add-nickname-error")).to_contain_text("taken")
    expect(page.locator("#add-nickname")).to_be_focused()


def test_a_new_user_appears_in_every_window_and_the_form_is_cleared(windows, shared_server):
    here, there = (visit(windows(), shared_server, PATH) for _ in range(2))
    nickname = nick()

    add(here, nickname, "Ada Lovelace", "o'neil+ada@example.org")

    for page in (here, there):
        expect(card(page, nickname)).to_have_count(1)
        expect(card(page, nickname).locator(".user-name")).to_have_text(f"{nickname} (Ada Lovelace)")
        expect(card(page, nickname).locator(".user-mail")).to_have_text("o'neil+ada@example.org")
    for field in ("name", "email", "nickname"):
        expect(here.locator(f"#add-user-form [name={field}]")).to_have_value("")
    live = card(here, nickname).evaluate(SHAPE)
    here.reload()
    assert card(here, nickname).evaluate(SHAPE) == live  # the server's markup


SHAPE = """card => [card.id, ...[...card.querySelectorAll("*")].map(element => [
  element.localName, element.href, element.value, element.formAction, element.ariaLabel, element.textContent.trim()
].join("|"))]"""


def test_an_error_is_shown_beside_its_field_and_no_text_is_lost(windows, shared_server):
    """Without scripts: tests/blueprints/pages/test_identity.py."""
    page = windows()
    page.goto(shared_server.base + PATH)
    for field, value, said in WRONG:
        typed = {"name": "Ada Lovelace", "email": "ada@example.org", "nickname": nick(), field: value}

        add(page, **typed)

        expect(page.locator(f"#add-{field}-error")).to_contain_text(said)
        expect(page.locator(f"#add-user-form [name={field}]")).to_have_attribute("aria-invalid", "true")
        for name, text in typed.items():
            expect(page.locator(f"#add-user-form [name={name}]")).to_have_value(text)


def test_without_scripts_a_user_is_added_chosen_and_messaged(windows, shared_server, rest):
    other = person(rest, "other")
    page = windows(java_script_enabled=False)
    page.goto(shared_server.base + PATH)
    nickname = nick()

    add(page, nickname)
    expect(card(page, nickname)).to_have_count(1)
    card(page, nickname).get_by_role("button", name="Use as").click()
    expect(card(page, nickname)).to_contain_text("This is you")
    card(page, other["nickname"]).get_by_role("button", name="Message").click()

    assert re.search(r"/front/rooms/\d+$", page.url)
    expect(page.locator("h1")).to_have_text(other["nickname"])


def test_names_are_escaped_in_every_rendering(windows, shared_server, rest):
    page = visit(windows(), shared_server, PATH)
    people = []
    for name in NAMES:
        email = "'onfocus=''autofocus{}`@x.example"
        made = rest.post("/api/users", json={"name": name, "email": email, "nickname": nick()})
        assert made.status_code == 201, made.text
        people.append(made.json())

    for again in (False, True):
        if again:
            visit(page, shared_server, PATH)
        for one in people:
            expect(card(page, one["nickname"]).locator(".user-full")).to_have_text(one["name"].strip())
        assert page.evaluate("window.__xss") is None
        assert page.locator("li.user :is(script, img, svg[onload])").count() == 0
        assert page.locator("li.user [onfocus], li.user [autofocus]").count() == 0


def test_each_user_is_a_row_of_56_px_and_the_addresses_stand_below_each_other(windows, shared_server, rest):
    ada = person(rest, "ada")
    for nickname, name in (
        (nick(), "Benjamin Franklin-Mountbatten of the Long Name Society"),
        (nick(), "נועה כהן"),
        (nick(), "Unbreakable" * 9),
    ):
        sent = {"name": name, "email": f"{'x' * 40}@example.org", "nickname": nickname}
        assert rest.post("/api/users", json=sent).status_code == 201
    person(rest, "a")
    page = visit(be(windows(), shared_server, ada), shared_server, PATH)

    starts = page.locator(".user-mail:visible").evaluate_all("all => all.map(one => one.getBoundingClientRect().left)")
    assert len(starts) > 1
    assert len(set(starts)) == 1, "on a wide window"
    for direction, width in product(("ltr", "rtl"), (320, 390, 1280)):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("direction => (document.documentElement.dir = direction)", direction)

        rows = page.locator(".user").evaluate_all("rows => rows.map(row => row.offsetHeight)")
        assert set(rows) <= {56, 57}, f"with the line above it, {direction}, {width} px"
        assert_fits(page)
        assert_fits_a_thumb(page, ".user a, .user button, .user summary")
        expect(card(page, ada["nickname"]).locator(".user-me")).to_be_visible()
