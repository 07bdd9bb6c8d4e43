"""A user's messages as a table: live for the two users of a message, and for nobody else."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import create
from tests.browser.board import fresh as fresh_title
from tests.browser.rooms import be, created, fresh, person
from tests.browser.windows import SIZE, visit

MARKUP = [
    "<script>window.__xss = 1</script>",
    "</td></tr></table><img src=x onerror=window.__xss=1>",
    "a\n  <b>b</b>\n\nc",
]


@pytest.fixture
def people(rest):
    return [person(rest, nickname) for nickname in ("ada", "bob", "carol")]


def path(user) -> str:
    return f"/front/messages/{user['id']}"


def send(rest, author, recipient, content):
    ids = {"author_id": author["id"], "recipient_id": recipient["id"]}
    return created(rest.post("/api/messages", json={**ids, "content": content}))


def row(page: Page, content: str):
    return page.locator("table#messages tbody tr", has_text=content)


def write(page: Page, recipient, content: str) -> None:
    page.select_option("#send-form select", str(recipient["id"]))
    page.fill("#send-form textarea", content)
    page.click("#send-form [type=submit]")


def test_the_page_shows_messages_lists_recipients_and_names_missing_fields(windows, shared_server, rest, people):
    ada, bob, carol = people
    words = fresh()
    send(rest, ada, bob, words)
    page = visit(windows(), shared_server, path(ada))

    expect(page.locator("h1")).to_have_text(f"The messages for user {ada['nickname']} ({ada['name']})")
    assert page.locator("table#messages thead th").all_text_contents() == ["Date", "From", "To", "Message"]
    cells = row(page, words).locator("td").all_text_contents()
    assert [cell.split("\n")[0] for cell in cells[1:]] == [ada["nickname"], bob["nickname"], f"{words}edited"]
    expect(row(page, words).locator(".edited")).to_be_hidden()
    offered = page.locator("#send-form select option").evaluate_all("options => options.map(option => option.value)")
    assert {str(bob["id"]), str(carol["id"])} <= set(offered)
    assert str(ada["id"]) not in offered
    new = person(rest, "new")
    option = page.locator(f"#send-form option[value='{new['id']}']")
    expect(option).to_have_text(f"{new['nickname']} ({new['name']})")
    page.select_option("#send-form select", "")
    page.fill("#send-form textarea", "kept")
    page.click("#send-form [type=submit]")
    expect(page.locator("#send-recipient_id-error")).to_contain_text("Choose")
    expect(page.locator("#send-form textarea")).to_have_value("kept")
    write(page, bob, " \n ")
    expect(page.locator("#send-content-error")).to_be_visible()
    expect(page.locator("#send-recipient_id-error")).to_be_hidden()
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(re.compile("/front/users$"))


def test_a_message_is_shown_on_every_page_of_its_two_users_only(windows, shared_server, rest, people):
    ada, bob, carol = people
    hers, hers_too = (visit(windows(), shared_server, path(ada)) for _ in range(2))
    his = visit(windows(), shared_server, path(bob))
    others = visit(windows(hers.context), shared_server, path(carol))  # shares a connection with a tab that may see it
    words, marker = fresh("secret"), fresh("marker")

    write(hers, bob, words)

    for page in (hers, hers_too, his):
        expect(row(page, words)).to_have_count(1)
        expect(row(page, words).locator(".from")).to_have_text(ada["nickname"])
        expect(row(page, words).locator(".to")).to_have_text(bob["nickname"])
    expect(hers.locator("#send-form textarea")).to_have_value("")
    expect(hers.locator("#send-form select")).to_have_value(str(bob["id"]))
    send(rest, bob, carol, marker)
    expect(row(others, marker)).to_have_count(1)
    assert row(others, words).count() == 0
    assert row(hers, marker).count() == 0


def test_changes_deletions_and_restorations_are_shown_in_place(windows, shared_server, rest, people):
    ada, bob, _ = people
    page = visit(windows(), shared_server, path(bob))
    first, middle, last = (send(rest, ada, bob, fresh()) for _ in range(3))
    expect(row(page, last["content"])).to_have_count(1)
    address = f"/api/messages/{middle['id']}"

    rest.patch(address, json={"author_id": ada["id"], "content": "said better"})
    expect(page.locator(f"#message-{middle['id']} .content")).to_have_text("said better")
    expect(page.locator(f"#message-{middle['id']} .edited")).to_be_visible()
    rest.delete(address, params={"author_id": ada["id"]})
    expect(page.locator(f"#message-{middle['id']}")).to_have_count(0)
    rest.post(f"{address}/restore", params={"author_id": ada["id"]})
    expect(page.locator(f"#message-{middle['id']}")).to_have_count(1)

    ids = page.locator("table#messages tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.id))")
    assert ids == [first["id"], middle["id"], last["id"]]


def test_the_table_leads_those_who_take_part_to_their_conversation(windows, shared_server, rest, people):
    ada, bob, carol = people
    page = be(windows(), shared_server, bob)
    before, others = send(rest, ada, bob, fresh()), send(rest, ada, carol, fresh())
    visit(page, shared_server, path(ada))
    live = send(rest, bob, ada, fresh())
    expect(row(page, live["content"])).to_have_count(1)

    for message in (before, live):
        link = page.locator(f"#message-{message['id']}").get_by_role("link")
        expect(link).to_have_attribute(
            "href", re.compile(f"/front/rooms/{message['room_id']}/{message['id']}#message-{message['id']}$")
        )
    expect(page.locator(f"#message-{others['id']}").get_by_role("link")).to_have_count(0)
    page.get_by_role("button", name=f"Talk with {ada['nickname']}").click()
    expect(page).to_have_url(re.compile(f"/front/rooms/{before['room_id']}$"))


def test_times_are_in_the_viewers_zone(windows, shared_server, rest, people):
    ada, bob, _ = people
    rows = [send(rest, ada, bob, fresh())]
    page = visit(windows(timezone_id="Pacific/Kiritimati"), shared_server, path(ada))
    rows.append(send(rest, ada, bob, fresh()))

    for message in rows:
        time = page.locator(f"#message-{message['id']} time")
        shown = page.evaluate(
            """date => new Intl.DateTimeFormat("en", {dateStyle: "medium", timeStyle: "short"})
              .format(new Date(date))""",
            message["date"],
        )
        expect(time).to_have_attribute("datetime", re.sub(r"(\.\d{3})\d*", r"\1", message["date"]))
        expect(time).to_have_text(shown)


def test_older_messages_are_on_earlier_pages_without_new_ones(windows, shared_server, rest, people):
    ada, bob, _ = people
    messages = [send(rest, ada, bob, f"number {number:03d}") for number in range(103)]
    page = visit(windows(), shared_server, path(ada))
    expect(page.locator("table#messages tbody tr")).to_have_count(100)
    change = {"author_id": ada["id"], "content": "changed"}
    rest.patch(f"/api/messages/{messages[0]['id']}", json=change)  # on another page
    rest.patch(f"/api/messages/{messages[-1]['id']}", json=change)
    expect(row(page, "changed")).to_have_count(1)
    expect(page.locator("table#messages tbody tr")).to_have_count(100)

    page.get_by_role("link", name="Older messages").click()
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("table#messages tbody tr")).to_have_count(3)
    send(rest, ada, bob, "newest of all")
    rest.patch(f"/api/messages/{messages[0]['id']}", json={"author_id": ada["id"], "content": "old, changed"})
    expect(row(page, "old, changed")).to_have_count(1)

    expect(page.locator("table#messages tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Newest messages").click()
    expect(row(page, "newest of all")).to_have_count(1)


def test_without_scripts_a_message_is_sent_or_refused(windows, shared_server, people):
    ada, bob, _ = people
    page = windows(java_script_enabled=False)
    page.goto(shared_server.base + path(ada))
    words = fresh()

    page.fill("#send-form textarea", f"{words}\nsecond line")
    page.click("#send-form [type=submit]")
    expect(page.locator("#send-recipient_id-error")).to_contain_text("Choose")
    page.select_option("#send-form select", str(bob["id"]))
    page.click("#send-form [type=submit]")

    expect(row(page, words).locator(".content")).to_have_text(f"{words}\nsecond line", use_inner_text=True)
    assert page.url.endswith(f"{path(ada)}#end")


def test_a_message_is_escaped_in_every_rendering(windows, shared_server, rest, people):
    ada, bob, _ = people
    page = visit(windows(), shared_server, path(ada))
    messages = [send(rest, bob, ada, text) for text in MARKUP]

    for again in (False, True):
        if again:
            visit(page, shared_server, path(ada))
        for message in messages:
            content = page.locator(f"#message-{message['id']} .content")
            expect(content).to_have_text(message["content"], use_inner_text=True)
        assert page.evaluate("window.__xss") is None
        assert page.locator("#messages :is(script, img, .content b)").count() == 0


def test_enter_sends_and_the_last_recipient_is_selected(windows, shared_server, rest, people):
    ada, bob, carol = people
    send(rest, ada, carol, fresh())
    send(rest, ada, bob, fresh())
    send(rest, carol, ada, fresh())
    page = visit(windows(), shared_server, path(ada))
    field, words = page.locator("#send-form textarea"), fresh()
    expect(page.locator("#send-form select")).to_have_value(str(bob["id"]))
    expect(page.locator("#send-form")).to_contain_text("Enter sends, Shift+Enter adds a line")

    field.fill(words)
    for init in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **init})
    expect(field).to_have_value(words)
    field.press("End")
    field.press("Shift+Enter")
    field.press_sequentially("second line")
    field.press("Enter")

    expect(row(page, words).locator(".content")).to_have_text(f"{words}\nsecond line", use_inner_text=True)
    expect(field).to_have_value("")
    expect(page.locator("#send-form select")).to_have_value(str(bob["id"]))
    page.select_option("#send-form select", str(carol["id"]))
    field.fill("to carol")
    field.press("Enter")
    expect(row(page, "to carol")).to_have_count(1)
    page.reload()
    expect(page.locator("#send-form select")).to_have_value(str(carol["id"]))
    expect(visit(page, shared_server, path(bob)).locator("#send-form select")).to_have_value("")


def test_linked_notes_are_live_cards_and_a_message_becomes_a_note(windows, shared_server, rest, people):
    ada, bob, _ = people
    note = create(rest, fresh_title(), "- [ ] milk")
    address = f"{shared_server.base}/front/notes/{note['id']}"
    page = visit(be(windows(), shared_server, ada), shared_server, path(ada))
    words = fresh()
    send(rest, bob, ada, f"**{words}**\n{address}")
    card = row(page, words).locator(".linked-note")
    page.set_viewport_size({"width": 390, "height": 800})
    place = row(page, words).locator(".cell-text").bounding_box()
    assert place
    assert place["x"] + place["width"] <= 390
    page.set_viewport_size(SIZE)
    expect(card).to_contain_text(note["title"])
    expect(card).to_contain_text("0 of 1")
    card.locator("input").check()
    expect(card).to_have_attribute("data-done", "")
    assert rest.get(f"/api/notes/{note['id']}").json()["done"]

    row(page, words).hover()
    row(page, words).get_by_role("button", name="Make a note of this message").click()

    expect(page.locator(".toast")).to_contain_text("Added as a note")
    plain = be(windows(java_script_enabled=False), shared_server, ada)
    plain.goto(shared_server.base + path(ada))
    row(plain, words).get_by_role("button", name="Make a note of this message").click()
    made = [one for one in rest.get("/api/notes").json() if (one["description"] or "").startswith(f"**{words}**")]
    assert len(made) == 2
    assert "[Message from " in made[0]["description"]
