"""Talk about notes: from the card to the thread and back, on the screens of two people, and without scripts."""

from playwright.sync_api import expect

from tests.browser.access import fresh, known_as
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.windows import visit

ada, bob = known_as("ada"), known_as("bob")


def say(who, room, content):
    said = who.rest.post(f"/api/rooms/{room}/messages", json={"author_id": who.id, "content": content})
    assert said.status_code == 201
    return said.json()


def test_a_card_leads_to_its_thread_and_shows_what_is_said_there(ada, bob):
    name = fresh("Surprise party")
    board = ada.rest.post("/api/boards", json={"name": "Plans"}).json()["id"]
    path = f"/api/boards/{board}"
    assert ada.rest.put(f"{path}/members/{bob.id}", json={"role": "editor"}).status_code == 200
    note = ada.rest.post(f"{path}/notes", json={"title": name}).json()["id"]
    theirs = bob.window(f"/front/boards/{board}/notes")
    ours = ada.window(f"/front/boards/{board}/notes")
    card, link = theirs.locator(f"#note-{note}"), theirs.locator(f"#note-{note} .thread-link")
    expect(card).to_be_visible()
    expect(link).to_be_hidden()

    ours.locator(f"#note-{note}").focus()
    ours.keyboard.press("t")
    ours.wait_for_url("**/front/rooms/*")
    room = int(ours.url.rpartition("/")[2])
    heading = ours.get_by_role("heading", level=1)
    expect(heading).to_contain_text(name)
    expect(ours.locator("#threads .room")).to_have_count(0)  # to look is not to take part
    ours.locator("#message-form textarea").fill("Who brings cake?")
    ours.keyboard.press("Enter")

    expect(link).to_be_visible()
    expect(link.locator(".thread-count")).to_have_text("1")
    expect(link.locator(".thread-news")).to_be_visible()
    expect(ours.locator(f"#threads [data-room='{room}']")).to_contain_text(name)
    assert_accessible(theirs)
    theirs.reload()
    expect(link.locator(".thread-news")).to_be_visible()
    say(bob, room, "I do")  # on another screen of theirs
    expect(link.locator(".thread-count")).to_have_text("2")
    expect(link.locator(".thread-news")).to_be_hidden()
    say(ada, room, "Thanks")
    expect(link.locator(".thread-news")).to_be_visible()
    expect(theirs.locator("#rooms-place .badge-count")).to_have_text("1")

    renamed = fresh("Dinner")
    assert ada.rest.patch(f"{path}/notes/{note}", json={"title": renamed}).status_code == 200
    expect(heading).to_contain_text(renamed)
    expect(ours.locator(f"#threads [data-room='{room}']")).to_contain_text(renamed)
    expect(ours).to_have_title(f"{renamed} · Quart Notes")
    assert_accessible(ours)
    ours.set_viewport_size({"width": 390, "height": 844})
    assert_fits(ours)
    visit(ours, ada.server, "/front/rooms/1")  # a page that does not follow the board
    renamed = fresh("Lunch")
    assert ada.rest.patch(f"{path}/notes/{note}", json={"title": renamed}).status_code == 200
    expect(ours.locator(f"#threads [data-room='{room}']")).to_contain_text(renamed)
    visit(ours, ada.server, f"/front/rooms/{room}")
    heading.get_by_role("link").click()
    expect(ours.locator(f"#note-{note} .thread-link")).to_contain_text("3")

    link.click()
    expect(theirs.locator("#messages")).to_contain_text("Thanks")
    expect(theirs.locator("#rooms-place .badge")).to_be_hidden()
    assert ada.rest.put(f"{path}/members/{bob.id}", json={"role": "viewer"}).status_code == 200
    expect(theirs.get_by_text("To write takes an editor of the board.")).to_be_visible()
    expect(theirs.locator("#message-form")).to_have_count(0)
    other = ada.rest.post("/api/boards", json={"name": "Secret"}).json()["id"]
    assert ada.rest.post(f"{path}/notes/{note}/move", json={"board_id": other}).status_code == 200
    theirs.wait_for_url("**/front/rooms?gone")
    expect(theirs.locator("#threads .room")).to_have_count(0)


def test_a_note_is_talked_about_without_scripts(windows, shared_server, rest):
    note = rest.post("/api/notes", json={"title": fresh("Milk")}).json()["id"]
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes/{note}")

    page.get_by_role("button", name="Talk about it").click()

    room = rest.get(f"/api/notes/{note}").json()["thread"]["room_id"]
    expect(page).to_have_url(f"{shared_server.base}/front/rooms/{room}")
