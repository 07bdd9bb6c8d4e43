"""Lists of notes: complete, ordered, paged, and searched."""

import re

import httpx
import pytest

from tests.support.api_fixtures import MAX_ID, Json, add_note, refused


async def test_the_list_is_complete_and_ordered_by_id(own: httpx.AsyncClient):
    assert (await own.get("/api/notes")).json() == []
    notes = [await add_note(own, title=str(n)) for n in range(5)]
    notes[1] = (await own.patch(f"/api/notes/{notes[1]['id']}", json={"done": True})).json()
    await own.delete(f"/api/notes/{notes.pop(3)['id']}")

    answer = await own.get("/api/notes")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == notes
    assert "link" not in answer.headers


async def test_following_the_page_links_returns_every_note_once(own: httpx.AsyncClient):
    notes = [await add_note(own, title=f"p a&b={n}", description="50% ß") for n in range(11)]
    await own.patch(f"/api/notes/{notes[5]['id']}", json={"done": True})
    query: Json = {"limit": 5, "q": "50% ß a&b", "done": "false"}

    for repetition in ("from the database", "from the cache"):
        found: list[int] = []
        answer = await own.get("/api/notes", params=query)
        while True:
            assert len(answer.json()) == 5, "a full last page has no link"
            found += [note["id"] for note in answer.json()]
            if "next" not in answer.links:
                break
            assert len(found) < 20
            answer = await own.get(answer.links["next"]["url"])
        assert found == [note["id"] for note in reversed(notes) if note is not notes[5]], repetition


async def test_notes_are_filtered_by_done(own: httpx.AsyncClient):
    open_, done = [await add_note(own) for _ in range(2)]
    await own.patch(f"/api/notes/{done['id']}", json={"done": True})

    ids = {
        value: [note["id"] for note in (await own.get(f"/api/notes?done={value}")).json()]
        for value in ("true", "false")
    }

    assert ids == {"true": [done["id"]], "false": [open_["id"]]}


@pytest.mark.parametrize(
    "query",
    [
        "done=yes", "done=True", "done=1", "done=", "done=true&done=false", "done[]=true",
        "pinned=yes", "archived=", "archived=all", "colour=mauve", "colour=Red", "created_by=0", "created_by=ada",
        f"created_by={MAX_ID + 1}", "updated_after=yesterday", "updated_after=1700000000", "updated_before=2026-02-30",
        "updated_before=0001-01-01T00:00:00%2B01:00",
        "limit=0", "limit=1001", "limit=-1", "limit=", "limit=x", "limit=1.5", "limit=NaN", "limit=1&limit=2",
        "limit=" + "9" * 5000,
        "before_id=0", "before_id=x",
        "after_id=-1", "after_id=x", f"after_id={MAX_ID + 1}", "after_id=" + "9" * 400, "after_id=",
        "q=" + "x" * 201, "q=" + "%C3%A9" * 201, "q=%00", "q=a%00b", "q=a&q=b",
    ],
)  # fmt: skip
async def test_an_invalid_list_parameter_is_named(api: httpx.AsyncClient, query: str):
    answer = await api.get(f"/api/notes?{query}")

    problem = refused(answer, 422, "validation_failed")
    assert problem["errors"][0]["field"].startswith(re.split(r"[\[=]", query)[0])


@pytest.mark.parametrize(
    "query",
    [
        "archived=any&pinned=false&colour=none&created_by=1", "updated_after=2026-01-31", "done=true&archived=true",
        "updated_after=2026-01-31T09:30:00Z&updated_before=9999-12-31T23:59:59.999999Z",
        "limit=1000", "limit=1", "before_id=1", f"before_id={MAX_ID}",
        f"after_id={MAX_ID}", "after_id=0", "x=y", "q=", "q=%20", "q=" + "x" * 200,
        "%ff=%ff", "q=%ff", "&&=&", "a%0d%0ab=c",
    ],
)  # fmt: skip
async def test_a_list_at_its_limits_is_accepted(api: httpx.AsyncClient, query: str):
    for _ in range(2):
        assert (await api.get(f"/api/notes?{query}")).status_code == 200


# Title, description, and a search: composed and decomposed, in any case, without accents, with words in any order.
FOUND = [
    ("Café", None, "café"), ("Café", None, "CAFÉ"), ("CAFÉ", None, "café"), ("cafe\u0301", None, "café"),
    ("café", None, "CAFE\u0301"), ("Straße", None, "STRASSE"), ("STRASSE", None, "straße"),
    ("ΐ", None, "\u03aa\u0301"), ("ΌΔΟΣ", None, "όδος"), ("İstanbul", None, "i\u0307stanbul"),
    ("milk", "two litres", "litres milk"), ("milk", "two litres", "ILK   LIT"), ("line\nbreak", None, "line break"),
    ("100% sure", None, "100%"), ("snake_case", None, "e_c"), ("back\\slash", None, "k\\s"), ("it's", None, "it's"),
    ('say "hi"', None, '"hi"'), ("a*b?c[d]", None, "*b?c[d]"), ("日本語のメモ", None, "本語"), ("مرحبا", None, "مرحبا"),
    ("😀 smile", None, "😀"), (" ".join(f"w{n}" for n in range(40)), None, " ".join(f"w{n}" for n in range(40))),
    (None, "only in the text", "text"), ("Chloé", None, "chloe"), ("CHLOE\u0301", None, "chloe"),
    ("Chloe", None, "chloé"), ("Smørrebrød", None, "SMORREBROD"), ("Łódź, Đakovo", None, "lodz dakovo"),
    ("GROẞE STRAßE", None, "grosse strasse"), ("Diyarbakır", None, "DIYARBAKIR"), ("ISPARTA", None, "ısparta"),
    ("Œuvre, Æsir", None, "oeuvre aesir"), ("\ufb01n, \uff21\uff22\uff23", None, "fin abc"),
    ("it\u2019s “so”", None, 'it\'s "so"'), ("Άνθρωπος", None, "ανθρωποσ"), ("всё ёлка", None, "все елка"),
    ("مُحَمَّد", None, "محمد"), ("שָׁלוֹם", None, "שלום"), ("한국어", None, "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("Việt Nam", None, "viet nam"), ("soft\u00adware", None, "software"), ("a\u3000b\u2003c", None, "c b a"),
]  # fmt: skip
# Vowel signs are letters in some scripts.
NOT_FOUND = [
    ("milk", "two litres", "milk eggs"), ("milk", "two litres", "milktwo"), ("100 sure", None, "100%"),
    ("snakeXcase", None, "e_c"), ("backslash", None, "k\\s"), ("back%slash", None, "k\\%s"),
    ("हिन्दी", None, "हन्दी"), ("ที่นี่", None, "ทนี"), ("がっこう", None, "かっこう"), ("각", None, "가"),
]  # fmt: skip
SEARCHES = [*((*one, True) for one in FOUND), *((*one, False) for one in NOT_FOUND)]


async def test_a_search_ignores_case_accents_and_word_order(api: httpx.AsyncClient):
    for title, description, q, found in SEARCHES:
        note = await add_note(api, title=title, description=description)
        after = {"after_id": note["id"] - 1}
        assert [n["id"] for n in (await api.get("/api/notes", params=after)).json()] == [note["id"]]

        answer = await api.get("/api/notes", params={**after, "q": q})

        assert answer.status_code == 200
        assert [n["id"] for n in answer.json()] == ([note["id"]] if found else []), q


async def test_a_changed_note_is_found_by_its_new_words_only(api: httpx.AsyncClient):
    note = await add_note(api, title="zebra")
    await api.patch(f"/api/notes/{note['id']}", json={"title": "giraffe"})

    found = {q: [n["id"] for n in (await api.get("/api/notes", params={"q": q})).json()] for q in ("zebra", "giraffe")}

    assert found == {"zebra": [], "giraffe": [note["id"]]}


async def test_search_results_are_newest_first_and_paged(own: httpx.AsyncClient):
    notes = [await add_note(own, title=f"Crème {n}") for n in range(5)]
    other = await add_note(own, title="Milk")
    newest_first = [note["id"] for note in reversed(notes)]

    whole = await own.get("/api/notes", params={"q": "creme"})
    found, answer = [], await own.get("/api/notes", params={"q": "creme", "limit": 2, "after_id": notes[0]["id"]})
    while True:
        found += [note["id"] for note in answer.json()]
        if "next" not in answer.links:
            break
        answer = await own.get(answer.links["next"]["url"])

    assert [note["id"] for note in whole.json()] == newest_first
    assert found == newest_first[:-1]
    assert [note["id"] for note in (await own.get("/api/notes?q=%20")).json()][-1] == other["id"]
    before = (await own.get("/api/notes", params={"before_id": notes[2]["id"]})).json()
    assert [note["id"] for note in before] == [note["id"] for note in notes[:2]]
