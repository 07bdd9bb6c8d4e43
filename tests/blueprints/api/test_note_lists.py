"""Lists of notes: whole, in order, a page at a time, and by the words that people mean."""

import re

import httpx
import pytest

from tests.support.api_fixtures import MAX_ID, Json, add_note, refused


async def test_the_list_is_by_id_ascending_and_whole(own: httpx.AsyncClient):
    assert (await own.get("/api/notes")).json() == []
    notes = [await add_note(own, title=str(n)) for n in range(5)]
    notes[1] = (await own.patch(f"/api/notes/{notes[1]['id']}", json={"done": True})).json()
    await own.delete(f"/api/notes/{notes.pop(3)['id']}")

    answer = await own.get("/api/notes")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == notes
    assert "link" not in answer.headers


async def test_following_the_links_brings_every_note_once(own: httpx.AsyncClient):
    notes = [await add_note(own, title=f"p a&b={n}", description="50% ß") for n in range(11)]
    await own.patch(f"/api/notes/{notes[5]['id']}", json={"done": True})
    query: Json = {"limit": 3, "q": "50% ß a&b", "done": "false"}

    for repetition in ("from the database", "from the cache"):
        found: list[int] = []
        answer = await own.get("/api/notes", params=query)
        while True:
            assert len(answer.json()) <= 3
            found += [note["id"] for note in answer.json()]
            if "next" not in answer.links:
                break
            assert len(found) < 20
            answer = await own.get(answer.links["next"]["url"])
        assert found == [note["id"] for note in reversed(notes) if note is not notes[5]], repetition


async def test_a_full_last_page_has_no_link(own: httpx.AsyncClient):
    for _ in range(4):
        await add_note(own)

    first = await own.get("/api/notes?limit=2")
    last = await own.get(first.links["next"]["url"])

    assert len(last.json()) == 2
    assert "link" not in last.headers


async def test_notes_are_found_by_whether_they_are_done(own: httpx.AsyncClient):
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
        "limit=0", "limit=1001", "limit=-1", "limit=", "limit=x", "limit=1.5", "limit=NaN", "limit=1&limit=2",
        "limit=" + "9" * 5000,
        "before_id=0", "before_id=x",
        "after_id=-1", "after_id=x", f"after_id={MAX_ID + 1}", "after_id=" + "9" * 400, "after_id=",
        "q=" + "x" * 201, "q=" + "%C3%A9" * 201, "q=%00", "q=a%00b", "q=a&q=b",
    ],
)  # fmt: skip
async def test_a_list_that_cannot_be_is_refused_and_the_parameter_named(api: httpx.AsyncClient, query: str):
    answer = await api.get(f"/api/notes?{query}")

    problem = refused(answer, 422, "validation_failed")
    assert problem["errors"][0]["field"].startswith(re.split(r"[\[=]", query)[0])


@pytest.mark.parametrize(
    "query",
    [
        "limit=1000", "limit=1", "before_id=1", f"before_id={MAX_ID}",
        f"after_id={MAX_ID}", "after_id=0", "x=y", "q=", "q=%20", "q=" + "x" * 200,
        "%ff=%ff", "q=%ff", "&&=&", "a%0d%0ab=c",
    ],
)  # fmt: skip
async def test_a_list_at_the_edge_is_answered(api: httpx.AsyncClient, query: str):
    for _ in range(2):
        assert (await api.get(f"/api/notes?{query}")).status_code == 200


SEARCHES = [
    # title, description, q, whether it is found
    ("Café", None, "café", True),
    ("Café", None, "CAFÉ", True),
    ("CAFÉ", None, "café", True),
    ("cafe\u0301", None, "café", True),  # decomposed in the note
    ("café", None, "CAFE\u0301", True),  # decomposed in the search
    ("Straße", None, "STRASSE", True),
    ("STRASSE", None, "straße", True),
    ("ΐ", None, "\u03aa\u0301", True),  # case and composition at once
    ("ΌΔΟΣ", None, "όδος", True),  # final sigma
    ("İstanbul", None, "i\u0307stanbul", True),
    ("milk", "two litres", "litres milk", True),
    ("milk", "two litres", "ILK   LIT", True),
    ("milk", "two litres", "milk eggs", False),
    ("milk", "two litres", "milktwo", False),
    ("line\nbreak", None, "line break", True),
    ("100% sure", None, "100%", True),
    ("100 sure", None, "100%", False),
    ("snake_case", None, "e_c", True),
    ("snakeXcase", None, "e_c", False),
    ("back\\slash", None, "k\\s", True),
    ("backslash", None, "k\\s", False),
    ("back%slash", None, "k\\%s", False),
    ("it's", None, "it's", True),
    ('say "hi"', None, '"hi"', True),
    ("a*b?c[d]", None, "*b?c[d]", True),
    ("日本語のメモ", None, "本語", True),
    ("مرحبا", None, "مرحبا", True),
    ("😀 smile", None, "😀", True),
    (" ".join(f"w{n}" for n in range(40)), None, " ".join(f"w{n}" for n in range(40)), True),
    (None, "only in the text", "text", True),
    ("Chloé", None, "chloe", True),
    ("CHLOE\u0301", None, "chloe", True),
    ("Chloe", None, "chloé", True),
    ("Smørrebrød", None, "SMORREBROD", True),
    ("Łódź, Đakovo", None, "lodz dakovo", True),
    ("GROẞE STRAßE", None, "grosse strasse", True),
    ("Diyarbakır", None, "DIYARBAKIR", True),
    ("ISPARTA", None, "ısparta", True),
    ("Œuvre, Æsir", None, "oeuvre aesir", True),
    ("\ufb01n, \uff21\uff22\uff23", None, "fin abc", True),
    ("it\u2019s “so”", None, 'it\'s "so"', True),
    ("Άνθρωπος", None, "ανθρωποσ", True),
    ("всё ёлка", None, "все елка", True),
    ("مُحَمَّد", None, "محمد", True),
    ("שָׁלוֹם", None, "שלום", True),
    ("हिन्दी", None, "हन्दी", False),  # the signs of vowels are letters there
    ("ที่นี่", None, "ทนี", False),
    ("がっこう", None, "かっこう", False),
    ("각", None, "가", False),
    ("한국어", None, "\u1112\u1161\u11ab\u1100\u116e\u11a8", True),
    ("Việt Nam", None, "viet nam", True),
    ("soft\u00adware", None, "software", True),
    ("a\u3000b\u2003c", None, "c b a", True),
]


@pytest.mark.parametrize(("title", "description", "q", "found"), SEARCHES)
async def test_words_are_found_as_people_mean_them(
    api: httpx.AsyncClient, title: str | None, description: str | None, q: str, found: bool
):
    note = await add_note(api, title=title, description=description)
    after = {"after_id": note["id"] - 1}
    assert [n["id"] for n in (await api.get("/api/notes", params=after)).json()] == [note["id"]]

    answer = await api.get("/api/notes", params={**after, "q": q})

    assert answer.status_code == 200
    assert [n["id"] for n in answer.json()] == ([note["id"]] if found else [])


async def test_a_changed_text_is_found_by_its_new_words_only(api: httpx.AsyncClient):
    note = await add_note(api, title="zebra")
    await api.patch(f"/api/notes/{note['id']}", json={"title": "giraffe"})

    found = {q: [n["id"] for n in (await api.get("/api/notes", params={"q": q})).json()] for q in ("zebra", "giraffe")}

    assert found == {"zebra": [], "giraffe": [note["id"]]}


async def test_what_a_search_finds_comes_newest_first_a_page_at_a_time(own: httpx.AsyncClient):
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
