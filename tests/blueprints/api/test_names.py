"""Names, titles and texts: invisible characters count as blank, confusable names as equal, and a title is one line."""

import re

import httpx
import pytest

from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.schemas import NoteQuery, is_blank, name_key, one_line
from tests.support.accounts_app import House
from tests.support.api_fixtures import NUMBERS, add_note, fields_of, made, newest_number, person, refused
from tests.support.routes import PASSWORD

NOTHING = (
    "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u200b", "\ufe0f", "\ufe00", "\U000e0100", "\u034f", "\u2060",
    "\ufeff", "\u180e", "\u17b5", "\u00ad", "\u061c", "\u202e", "\U000e0041", "\u2065", "\U0001d159", "\u3000", "\x7f",
)  # fmt: skip
SOMETHING = ("a", ".", "\u2764\ufe0f", "\u093f", "\U0001fae8", "\ue000", "\u0301", "\u1100", "-")
SCRIPTS = {
    "Hindi": "हिन्दी",
    "Arabic": "مُحَمَّد",
    "Hebrew": "שָׁלוֹם",
    "Thai": "น้ำผึ้ง",
    "Tamil": "தமிழ்",
    "Bengali": "বাংলা",
    "Burmese": "မြန်မာ",
    "Khmer": "ខ្មែរ",
    "Tibetan": "བོད་ཡིག".replace("་", ""),
    "Vietnamese": "Nguyễn".replace("ễ", "e\u0302\u0303"),
    "Yoruba": "Ọlá\u0300",
}


def test_invisible_text_is_blank():
    assert [ascii(text) for text in NOTHING if not is_blank(text)] == []
    assert [ascii(text) for text in SOMETHING if is_blank(text)] == []
    assert is_blank(" " + "\n".join(NOTHING))
    assert not is_blank("".join(NOTHING) + "a")


@pytest.mark.parametrize("nothing", NOTHING, ids=ascii)
async def test_invisible_text_is_refused_as_a_name_a_title_and_a_message(api: httpx.AsyncClient, nothing: str):
    ada = await person(api)
    before = await newest_number(api)
    for path, sent, field in (
        ("/api/notes", {"title": nothing, "description": nothing * 2}, ""),
        ("/api/users", {"name": nothing, "email": "a@b", "nickname": f"n{next(NUMBERS)}"}, "name"),
        ("/api/users", {"name": "Ada", "email": "a@b", "nickname": nothing}, "nickname"),
        ("/api/users", {"name": "Ada", "email": "a@b", "nickname": f"a{nothing}b"}, "nickname"),
        ("/api/rooms", {"name": nothing}, "name"),
        ("/api/boards", {"name": nothing}, "name"),
        ("/api/rooms/1/messages", {"author_id": ada["id"], "content": nothing}, "content"),
    ):
        assert fields_of(refused(await api.post(path, json=sent), 422, "validation_failed")) == {field}, path
    assert await newest_number(api) == before

    note = await add_note(api, title=nothing, description="text")
    assert note["title"] is None


@pytest.mark.parametrize("word", SCRIPTS.values(), ids=SCRIPTS)
async def test_names_nicknames_and_addresses_may_be_in_any_script(api: httpx.AsyncClient, word: str):
    number = next(NUMBERS)
    sent = {"name": word, "nickname": f"{word}{number}", "email": f"{word}.{word}+{number}@{word}.example"}

    kept = await made(api, "/api/users", **sent)

    assert name_key(kept["nickname"], 128) == name_key(sent["nickname"], 128)
    assert kept["email"].endswith(".example")
    for wrong in (f"\u0301{word}@a.example", f"a@\u0301{word}", f"a\u3164@{word}"):
        answer = await api.post("/api/users", json={**sent, "nickname": f"n{number}", "email": wrong})
        assert fields_of(refused(answer, 422, "validation_failed")) == {"email"}


ALIKE = [
    ("ada{}", "ada{}"), ("ada{}", "ADA{}"), ("Ada{}", " aDa{} "), ("josé{}", "JOSÉ{}"), ("josé{}", "jose\u0301{}"),
    ("JOSE\u0301{}", "josé{}"), ("ὀδυσσεύς{}", "ὈΔΥΣΣΕΎΣ{}"), ("taro{}", "ｔａｒｏ{}"), ("ＡＤＡ{}", "ada{}"),
    ("straße{}", "STRASSE{}"), ("ﬁn{}", "FIN{}"), ("カナ{}", "ｶﾅ{}"), ("mc2{}", "mc²{}"), ("ⅷ{}", "VIII{}"),
]  # fmt: skip


async def test_confusable_nicknames_and_room_names_are_equal(api: httpx.AsyncClient):
    for one, other in ALIKE:
        number = next(NUMBERS)
        first, second = one.format(number), other.format(number)
        await made(api, "/api/users", name="x", email="x@y", nickname=first)
        await made(api, "/api/rooms", name=first)
        before = await newest_number(api)

        taken = await api.post("/api/users", json={"name": "x", "email": "x@y", "nickname": second})

        assert fields_of(refused(taken, 409, "nickname_taken")) == {"nickname"}
        refused(await api.post("/api/rooms", json={"name": second}), 409, "room_name_taken")
        assert await newest_number(api) == before


async def test_the_assistants_name_is_reserved_in_any_character_width(api: httpx.AsyncClient):
    answer = await api.post("/api/users", json={"name": "x", "email": "x@y", "nickname": "Ａssistant"})
    refused(answer, 409, "nickname_taken")


async def test_names_with_compatibility_characters_are_stored_unchanged(api: httpx.AsyncClient):
    room = await made(api, "/api/rooms", name="\ufdfa" * 80)
    refused(await api.post("/api/rooms", json={"name": "\ufdfa" * 80}), 409, "room_name_taken")
    assert room["name"] == "\ufdfa" * 80


async def test_sign_in_normalises_the_nickname(house: House):
    nobody = house.client()
    for typed in ("ada", "ADA", "ａｄａ"):
        answer = await nobody.post("/api/sign-in", json={"nickname": typed, "password": PASSWORD})
        assert answer.status_code == 200, typed


# A title is one line.

BREAKS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", " \n\n\t")


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
async def test_a_line_break_in_a_title_becomes_a_space(api: httpx.AsyncClient, broken: str):
    note = await add_note(api, title=f"Buy{broken}milk{broken}")
    assert note["title"] == "Buy milk"

    changed = await api.patch(f"/api/notes/{note['id']}", json={"title": f"Buy{broken}oats"})

    assert changed.json()["title"] == "Buy oats"
    assert (await add_note(api, title=broken, description="x"))["title"] is None
    assert one_line("  kept  as it is ") == "  kept  as it is "


async def test_the_form_leaves_an_unchanged_title_of_an_older_version_alone(house: House):
    root = await house.browser("root")
    note = await house.note("root", SHARED_BOARD, "Buy milk")
    await _store(house, "title = ?1, description = ?2", "Buy\nmilk", "a\r\nb")
    page = (await root.get(f"/front/notes/{note.id}/edit")).text
    title = re.search(r'id="edit-title"[^>]* value="([^"]*)"', page)
    assert title is not None and title[1] == "Buy milk"

    await root.post(f"/front/notes/{note.id}", data={"title": title[1], "description": "a\r\nc", "version": "1"})
    (kept,) = (await house.core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())).items
    assert (kept.title, kept.description) == ("Buy\nmilk", "a\nc")

    await _store(house, "description = ?1", "a\r\nb")
    await root.post(f"/front/notes/{note.id}", data={"title": "Buy oats", "description": "a\r\nb", "version": "2"})
    (kept,) = (await house.core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())).items
    assert (kept.title, kept.description) == ("Buy oats", "a\r\nb")


async def _store(house: House, what: str, *values: str) -> None:
    """Store it as an older version did."""
    async with house.core.database.transaction() as connection:
        await connection.execute_query(f"UPDATE note SET {what}", [*values])
