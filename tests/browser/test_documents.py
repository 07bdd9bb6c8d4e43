"""The API's pages, the manifest and valid HTML."""

import re
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.access import Member
from tests.browser.board import card_of, create, fresh
from tests.browser.rooms import be, message, person, say
from tests.browser.valid_html import DATE, assert_valid
from tests.browser.windows import visit
from tests.support.servers.server_process import ServerProcess

DATES = "[...document.querySelectorAll('time')].map(time => time.dateTime)"


def test_the_board_can_be_installed(windows, shared_server):
    page = windows()
    page.goto(f"{shared_server.base}/front/notes")
    session = page.context.new_cdp_session(page)

    manifest = session.send("Page.getAppManifest")
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["errors"] == []
    assert manifest["url"] == f"{shared_server.base}/static/manifest.webmanifest"
    # A context without a profile counts as incognito, in which nothing can be installed.
    assert {problem["errorId"] for problem in problems} <= {"in-incognito"}


def test_every_icon_of_the_manifest_has_its_declared_size(rest):
    manifest = rest.get("/static/manifest.webmanifest").json()
    for icon in manifest["icons"]:
        answer = rest.get(f"/static/{icon['src']}")
        assert answer.headers["content-type"].split(";")[0] == icon["type"]
        if icon["type"] == "image/png":
            size = "x".join(str(int.from_bytes(answer.content[at : at + 4])) for at in (16, 20))
            assert size == icon["sizes"]


def test_every_page_is_valid_html(server, guarded_server, root, member, tmp_path):
    with httpx.Client(base_url=server.base, headers={"Accept": "text/html"}, verify=False) as client:
        pages = _pages(client)
    pages_of_accounts = _pages_of_accounts_mode(guarded_server, root, member("ada"))

    assert_valid(tmp_path, pages | {f"accounts_{name}": page for name, page in pages_of_accounts.items()})


def _pages(client: httpx.Client) -> dict[str, httpx.Response]:
    """One page of each kind, from an empty board on."""
    pages = {"empty": client.get("/front/notes"), "users_empty": client.get("/front/users")}
    note, untitled, done = (
        create(client, '<b>"one"</b>', "two\n\nlines"),
        create(client, None, "text"),
        create(client, "x"),
    )
    address = f"/front/notes/{note['id']}"
    client.patch(f"/api/notes/{done['id']}", json={"done": True})
    client.patch(f"/api/notes/{note['id']}", json={"title": "theirs"})
    pages |= {
        "board": client.get("/front/notes"),
        "found": client.get("/front/notes", params={"q": "text"}),
        "not_found": client.get("/front/notes", params={"q": "nothing has this"}),
        "refused": client.post("/front/notes", data={"title": "", "description": ""}),
        "card": client.get(address),
        "edit": client.get(f"{address}/edit"),
        "conflict": client.post(address, data={"title": "mine", "description": "", "version": "1"}),
        "missing": client.get("/front/notes/999999"),
        "api": client.get("/docs"),
        "search": client.get("/front/search"),
        "search_hits": client.get("/front/search", params={"q": "text", "in": "notes"}),
        "search_in_vain": client.get("/front/search", params={"q": "nothing has this"}),
        "search_refused": client.get("/front/search", params={"q": "a", "after": "x", "cursor": "x"}),
        **_board_pages(client),
        **_room_pages(client),
        **_people_pages(client),
    }
    client.delete(f"/api/notes/{untitled['id']}")
    pages["deleted"] = client.get("/front/notes", params={"deleted": untitled["id"]})
    special = {"refused": 422, "conflict": 412, "missing": 404, "room_refused": 422, "rooms_refused": 409}
    special |= {
        "users_refused": 422,
        "messages_refused": 422,
        "boards_refused": 422,
        "board_refused": 422,
        "transfer_refused": 422,
        "search_refused": 422,
    }
    assert {name: page.status_code for name, page in pages.items() if page.status_code != 200} == special
    return pages


def _board_pages(client: httpx.Client) -> dict[str, httpx.Response]:
    """Another board than the shared one, and the list of boards."""
    board = client.post("/api/boards", json={"name": '<b>"board"</b>'}).json()["id"]
    client.put(f"/api/boards/{board}/members/{person(client)['id']}", json={"role": "viewer"})
    client.post(f"/api/boards/{board}/notes", json={"title": "one"})
    return {
        "boards": client.get("/front/boards"),
        "boards_deleted": client.get("/front/boards?deleted=1"),
        "boards_refused": client.post("/front/boards", data={"name": " "}),
        "board_notes": client.get(f"/front/boards/{board}/notes"),
        "board_about": client.get(f"/front/boards/{board}"),
        "board_of_all": client.get("/front/boards/1"),
        "board_refused": client.post(f"/front/boards/{board}/members", data={"user_id": "", "role": "x"}),
        **_transfer_pages(client, f"/front/boards/{board}/transfer"),
        **_pages_of_what_was(client, board),
    }


def _pages_of_what_was(client: httpx.Client, board: int) -> dict[str, httpx.Response]:
    """The history of a note, the activity and the bin of a board, and a deleted board."""
    notes = f"/api/boards/{board}/notes"
    note = client.post(notes, json={"title": '<b>"a"</b>', "description": "two\nlitres"}).json()["id"]
    client.delete(f"{notes}/{note}")
    client.post(f"{notes}/{note}/restore")
    client.patch(f"{notes}/{note}", json={"description": "three\nlitres"})
    client.delete(f"{notes}/{client.post(notes, json={'title': 'gone'}).json()['id']}")
    client.delete(f"/api/boards/{client.post('/api/boards', json={'name': 'gone'}).json()['id']}")
    opened = {"Sec-Fetch-Dest": "document"}
    return {
        "history": client.get(f"/front/boards/{board}/notes/{note}?version=3", headers=opened),
        "activity": client.get(f"/front/boards/{board}/activity"),
        "bin": client.get(f"/front/boards/{board}/trash"),
        "deleted_boards": client.get("/front/boards"),
    }


def _transfer_pages(client: httpx.Client, path: str) -> dict[str, httpx.Response]:
    """Imports and exports, before and after the dry run of a partly invalid file."""
    pages = {"transfer_empty": client.get(path), "transfer_refused": client.post(path)}
    bad = ("<b>.json", b'[{"title": "<b>"one"</b>"}, {"title": 7}]')
    followed = client.post(path, files={"file": bad}, data={"dry_run": "1"}, follow_redirects=False)
    while "<meta http-equiv" in (page := client.get(followed.headers["location"])).text:
        pages["transfer_followed"] = page
    return pages | {"transfer": page}


def _pages_of_accounts_mode(
    guarded_server: ServerProcess, root: httpx.Client, ada: Member
) -> dict[str, httpx.Response]:
    """What only users with accounts see, and what differs for them."""
    board = ada.board('<b>"board"</b>')
    link = root.post("/api/invitations", json={}).json()["link"]
    claim = root.post("/api/invitations", json={"user_id": ada.id}).json()["link"]
    root.post("/api/users", json={"name": "Eve", "email": "eve@example.org", "nickname": "eve"})
    page: Any = {"headers": {"Accept": "text/html"}, "follow_redirects": False}
    pages = {
        "sign_in": httpx.get(f"{guarded_server.base}/front/sign-in", **page, verify=False),
        "sign_in_refused": httpx.post(
            f"{guarded_server.base}/front/sign-in", data={"nickname": '"x'}, **page, verify=False
        ),
        "join": httpx.get(link, **page, verify=False),
        "join_refused": httpx.post(link, data={"name": " "}, **page, verify=False),
        "claim": httpx.get(claim, **page, verify=False),
        "gone": httpx.get(f"{guarded_server.base}/front/join/none", **page, verify=False),
        "too_late": httpx.post(
            f"{guarded_server.base}/front/notes", data={"title": "<b>", "x": "y"}, **page, verify=False
        ),
        "account": root.get("/front/account", **page),
        "account_link": root.post("/front/account/invitations", data={}, **page),
        "account_token": root.post("/front/account/tokens", data={"name": "<b>"}, **page),
        "account_refused": root.post("/front/account/password", data={}, **page),
        "notes": ada.rest.get("/front/notes", **page),
        "board_notes": ada.rest.get(f"/front/boards/{board}/notes", **page),
        "board_link": ada.rest.post(f"/front/boards/{board}/invitations", data={"role": "viewer"}, **page),
        "users": ada.rest.get("/front/users", **page),
        "messages_of_another": ada.rest.get("/front/messages/1", **page),
        "rooms": ada.rest.get("/front/rooms", **page),
    }
    assert {name: answer.status_code for name, answer in pages.items() if answer.status_code >= 300} == {
        **dict.fromkeys(("join_refused", "account_refused"), 422),
        **dict.fromkeys(("sign_in_refused", "too_late"), 401),
        "gone": 410,
    }
    return pages


def _room_pages(client: httpx.Client) -> dict[str, httpx.Response]:
    """A conversation in its states: without a user and with one, empty and with messages."""
    empty = {"room_empty_for_nobody_known": client.get("/front/rooms/1")}
    ada, bob = person(client), person(client)
    nobody = client.get("/front/rooms/1")
    mine, *_ = (say(client, 1, who, text) for who, text in ((ada, "mine"), (bob, "https://example.org/?a=1&b=2 <b>")))
    with httpx.Client(base_url=client.base_url, headers=client.headers, verify=False) as own:
        own.post("/front/me", data={"person_id": ada["id"]})
        address = f"/front/rooms/1/messages/{mine['id']}"
        own.post("/front/rooms/1/messages", data={"content": "a reply", "reply_to": mine["id"]})
        own.post(f"{address}/reactions", data={"emoji": "👍"})
        pages = {
            "room_at_a_message": own.get(f"/front/rooms/1/{mine['id']}?reply=yes"),
            "message_reactions": own.get(f"{address}/reactions"),
            "direct_messages": own.get(f"/front/messages/{ada['id']}"),
            "room": own.get("/front/rooms/1"),
            "room_older": own.get("/front/rooms/1?before_id=9"),
            "room_refused": own.post("/front/rooms/1/messages", data={"content": " "}),
            "rooms": own.get("/front/rooms"),
            "message": own.get(address),
            "message_edit": own.get(f"{address}/edit"),
        }
        own.post(f"{address}/delete")
        pages["room_deleted"] = own.get(f"/front/rooms/1?deleted={mine['id']}")
    return empty | {"room_for_nobody": nobody} | pages | _upkeep_pages(client, ada["id"])


def _upkeep_pages(client: httpx.Client, member: int) -> dict[str, httpx.Response]:
    """A closed and archived room, what is about it, and a deleted one."""
    room, gone = (
        client.post("/api/rooms", json={"name": f'<b>"{name}"</b>', "closed": True}).json()["id"] for name in "ab"
    )
    client.put(f"/api/rooms/{room}/members/{member}", json={"role": "owner"})
    client.patch(f"/api/rooms/{room}", json={"archived": True})
    client.delete(f"/api/rooms/{gone}")
    return {
        "room_archived": client.get(f"/front/rooms/{room}"),
        "room_about": client.get(f"/front/rooms/{room}/settings"),
        "room_asked": client.post(f"/front/rooms/{room}/open", data={"ask": "yes"}),
        "rooms_deleted": client.get(f"/front/rooms?deleted={gone}"),
    }


def _people_pages(client: httpx.Client) -> dict[str, httpx.Response]:
    """The users and their messages, for one of them."""
    ada, bob = person(client), person(client)
    address = f"/front/messages/{ada['id']}"
    pages = {
        "messages_empty": client.get(address),
        "rooms_refused": client.post("/front/rooms", data={"name": "lobby"}),
    }
    for content in ("<b>&amp;\n\n", "second"):
        client.post("/api/messages", json={"author_id": bob["id"], "recipient_id": ada["id"], "content": content})
    with httpx.Client(base_url=client.base_url, headers=client.headers, verify=False) as own:
        own.post("/front/me", data={"person_id": ada["id"]})
        return pages | {
            "users": own.get("/front/users"),
            "users_refused": own.post("/front/users", data={"name": '"', "email": "<b>", "nickname": ""}),
            "messages": own.get(address),
            "messages_older": own.get(f"{address}?before_id=2"),
            "messages_refused": own.post(address, data={"recipient_id": "", "content": ""}),
        }


def test_dates_written_by_scripts_are_valid_html(windows, shared_server, rest):
    ada, bob = person(rest), person(rest)
    ids = {"author_id": bob["id"], "recipient_id": ada["id"]}
    dates = []
    page = be(windows(), shared_server, ada)
    visit(page, shared_server)
    note = create(rest, fresh())
    expect(card_of(page, note)).to_be_visible()
    dates += page.evaluate(DATES)
    visit(page, shared_server, f"/front/messages/{ada['id']}")
    rest.post("/api/messages", json={**ids, "content": "a row"})
    expect(page.locator("#messages tbody tr", has_text="a row")).to_be_visible()
    dates += page.evaluate(DATES)
    visit(page, shared_server, "/front/rooms/1")
    words = fresh()
    say(rest, 1, bob, words)
    expect(message(page, words)).to_be_visible()
    dates += page.evaluate(DATES)

    assert re.search(r"\.\d{4,}", note["updated_at"])  # dates are longer than the layout may allow
    assert len(dates) >= 4
    assert [date for date in dates if not DATE.fullmatch(date)] == []
