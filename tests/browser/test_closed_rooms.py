"""Closed and archived rooms in two windows: what members see of them as it happens, and when they leave."""

import re

from playwright.sync_api import Route, expect

from tests.browser.access import fresh, known_as
from tests.browser.test_accessibility import assert_accessible, assert_fits

ada, bob = known_as("ada"), known_as("bob")


def test_a_closed_room_appears_changes_and_disappears_for_its_member(ada, bob):
    theirs, name = bob.window("/front/rooms/1"), fresh("Committee")
    ours = ada.window("/front/rooms")
    ours.get_by_label("Name of the room").fill(name)
    ours.get_by_label("Who sees it").select_option(label="Closed: only people you invite")
    ours.get_by_role("button", name="Create room").click()
    expect(ours.locator("main h1")).to_contain_text(name)
    room = int(ours.url.rpartition("/")[2])
    ours.get_by_role("link", name="About this room").click()
    entry = theirs.locator(f"#rooms-aside [data-room='{room}']")
    expect(entry).to_have_count(0)

    ours.get_by_label("Person").select_option(str(bob.id))
    ours.get_by_role("button", name="Add member").click()
    expect(ours.locator(f"#members [data-id='{bob.id}']")).to_be_visible()
    expect(entry).to_contain_text(name)
    expect(entry.locator(".icon-lock")).to_be_visible()
    said = ada.rest.post(f"/api/rooms/{room}/messages", json={"author_id": ada.id, "content": "welcome"})
    assert said.status_code == 201
    expect(entry.locator(".badge-count")).to_have_text("1")

    assert ada.rest.put(f"/api/rooms/{room}/members/{bob.id}", json={"role": "owner"}).status_code == 200
    expect(ours.locator(f"#members [data-id='{bob.id}'] .is-owner")).to_be_visible()
    renamed = fresh("Board of directors")
    assert ada.rest.patch(f"/api/rooms/{room}", json={"name": renamed}).status_code == 200
    expect(entry).to_contain_text(renamed)
    expect(ours.locator("main h1")).to_have_text(renamed)
    expect(ours).to_have_title(f"{renamed} · Quart Notes")

    assert_accessible(ours, "main")
    ours.set_viewport_size({"width": 390, "height": 844})
    assert_fits(ours)

    entry.locator("a").click()
    expect(theirs.locator("#messages")).to_contain_text("welcome")
    expect(theirs.locator("main h1")).to_contain_text(renamed)
    # An owner deletes what others said, a member does not.
    said_by_ada = theirs.locator("#messages .message").filter(has_text="welcome")
    said_by_ada.hover()
    for role in ("member", "owner"):
        assert ada.rest.put(f"/api/rooms/{room}/members/{bob.id}", json={"role": role}).status_code == 200
        expect(said_by_ada.locator(".delete-button")).to_be_visible(visible=role == "owner")
    expect(said_by_ada.locator(".edit-link")).to_be_hidden()
    said_by_ada.locator(".delete-button").click()
    expect(said_by_ada).to_have_count(0)
    theirs.get_by_role("button", name="Undo").click()
    expect(said_by_ada).to_have_count(1)
    navigations: list[Route] = []
    feed_requests: list[Route] = []
    requested: list[str] = []
    theirs.route("**/front/rooms?gone", lambda route: navigations.extend([route]))
    theirs.route("**/events?*", lambda route: feed_requests.extend([route]))
    theirs.on("request", lambda request: requested.extend([request.url]))
    ours.locator(f"#members [data-id='{bob.id}']").get_by_role("button", name="Remove").click()
    with theirs.expect_request("**/front/rooms?gone"), theirs.expect_request("**/events?*"):
        ours.get_by_role("button", name="Remove", exact=True).click()
    # That the room is not allowed any more comes later. It begins no second navigation, which would abort the first.
    while not (navigations and feed_requests):  # routes are called after the requests are reported
        theirs.wait_for_timeout(10)
    theirs.unroute("**/events?*")
    with theirs.expect_websocket():
        feed_requests[0].continue_()
    assert len([url for url in requested if url.endswith(f"/api/rooms/{room}")]) == 1
    navigations[0].continue_()

    theirs.wait_for_url("**/front/rooms?gone")
    expect(theirs.get_by_text("The room was deleted, or you no longer have access to it.")).to_be_visible()
    expect(entry).to_have_count(0)
    expect(ours.locator(f"#members [data-id='{bob.id}']")).to_have_count(0)


def test_a_room_that_was_read_before_its_member_was_removed_is_not_listed(ada, bob):
    page = bob.window("/front/rooms/1")
    lost, later = (
        int(ada.rest.post("/api/rooms", json={"name": fresh("Panel"), "closed": True}).json()["id"]) for _ in range(2)
    )

    def delay(route):
        former = route.fetch()
        assert ada.rest.delete(f"/api/rooms/{lost}/members/{bob.id}").status_code == 200
        ada.rest.put(f"/api/rooms/{later}/members/{bob.id}", json={"role": "member"})
        expect(page.locator(f"#rooms-aside [data-room='{later}']")).to_be_visible()
        route.fulfill(response=former)

    page.route(f"**/api/rooms/{lost}", delay, times=1)
    with page.expect_response(lambda response: response.url.endswith(f"/rooms/{lost}") and response.status == 404):
        ada.rest.put(f"/api/rooms/{lost}/members/{bob.id}", json={"role": "member"})

    expect(page.locator(f"#rooms-aside [data-room='{lost}']")).to_have_count(0)


def test_an_archived_room_leaves_the_list_and_closes_its_composer(ada, bob):
    name = fresh("Project")
    room = ada.rest.post("/api/rooms", json={"name": name}).json()["id"]
    theirs, others = bob.window(f"/front/rooms/{room}"), ada.window("/front/rooms")
    entry = others.locator(f"#rooms-aside [data-room='{room}']")
    expect(entry).to_contain_text(name)
    theirs.locator("#message-form textarea").fill("not sent yet")

    assert ada.rest.patch(f"/api/rooms/{room}", json={"archived": True}).status_code == 200

    expect(entry).to_have_count(0)
    expect(others.get_by_role("list", name="Archived rooms")).to_contain_text(name)
    expect(theirs.get_by_text("This room is archived.")).to_be_visible()
    expect(theirs.locator("#message-form")).to_have_count(0)
    assert ada.rest.patch(f"/api/rooms/{room}", json={"archived": False}).status_code == 200
    expect(entry).to_contain_text(name)
    expect(others.get_by_role("heading", name="Archived rooms")).to_be_hidden()
    expect(theirs.locator("#message-form textarea")).to_have_value("not sent yet")

    deleted = others.get_by_role("list", name="Deleted rooms")
    closed = ada.rest.post("/api/rooms", json={"name": fresh("Closed"), "closed": True}).json()["id"]
    for number in (room, closed):
        assert ada.rest.delete(f"/api/rooms/{number}").status_code == 200
        expect(deleted.locator(f"[data-room='{number}']")).to_have_count(1)
    expect(theirs).to_have_url(re.compile(r"/front/rooms\?gone"))
    expect(theirs.get_by_role("heading", name="Deleted rooms")).to_be_hidden()
    assert_accessible(others)
    assert ada.rest.post(f"/api/rooms/{closed}/restore").status_code == 200
    expect(deleted.locator(f"[data-room='{closed}']")).to_have_count(0)
    deleted.get_by_role("button", name=f"Restore: {name}").click()
    expect(others.locator(f"#rooms-aside [data-room='{room}']")).to_contain_text(name)
    assert ada.rest.delete(f"/api/rooms/{closed}").status_code == 200
