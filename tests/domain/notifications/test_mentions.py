"""Mentions: found when a text is written, only of users who may see it; they follow a change of the nickname."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.text.markdown import format_text
from quart_notes.domain.text.mentions import possible_keys, users_in, with_mentions
from quart_notes.errors import ValidationFailedError
from quart_notes.schemas import (
    MENTIONS_MAX,
    ContentNode,
    ImportedNote,
    MemberUpdate,
    MessageUpdate,
    NoteCreate,
    NoteOut,
    NoteUpdate,
    ProfileUpdate,
    TaskCreate,
    TaskTick,
    UserCreate,
)
from tests.support.accounts_app import House
from tests.support.inboxes import told, unread
from tests.support.recorded_statements import recorded_statements

BO = {"bo": 7, "anna.b": 8}


def found(source: str) -> list[ContentNode]:
    """The mentions in a text, of BO."""
    tree = format_text(source).tree
    return [] if tree is None else [node for node in _flat(with_mentions(tree, BO)) if node["type"] == "mention"]


def _flat(tree: Sequence[ContentNode]) -> list[ContentNode]:
    return [one for node in tree for one in (node, *_flat(node.get("children", [])))]


def text_of(tree: Sequence[ContentNode]) -> str:
    return "".join(node.get("text", "") for node in _flat(tree))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@bo", ["@bo"]),
        ("hello @Bo, and @ＢＯ.", ["@Bo", "@ＢＯ"]),
        ("(@anna.b.) *@bo*\n\n- [ ] @bo: milk", ["@anna.b", "@bo", "@bo"]),
        ("> # @bo\n", ["@bo"]),
        ("me@bo @@bo x@bo.example @bob @bo-", ["@bo"]),
        ("`@bo` [@bo](https://example.org) <https://example.org/@bo>\n\n    @bo\n\n```\n@bo\n```", []),
        ("nothing", []),
    ],
)
def test_a_mention_is_a_whole_nickname_outside_of_code_and_links(source: str, names: list[str]):
    assert [node["text"] for node in found(source)] == names


@given(
    st.lists(st.sampled_from(["@bo", "@", "anna.b", ".", "-", " ", "*", "`", "\n", "x", "é", "[", "]"])).map("".join)
)
def test_mentions_change_no_letter_of_the_text(source: str):
    tree = format_text(source).tree
    if tree is None:
        return
    targets = dict.fromkeys(possible_keys(tree), 1)

    assert text_of(with_mentions(tree, targets)) == text_of(tree)
    assert users_in(with_mentions(tree, {})) == set()


async def _note(house: House, who: str, board_id: int, text: str) -> NoteOut:
    return (await house.core.notes.add(house.caller(who), board_id, NoteCreate(description=text))).result


async def _changed(house: House, note: NoteOut, who: str = "ada", **fields: Any) -> NoteOut:
    data = NoteUpdate.model_validate(fields)
    return (await house.core.notes.change(house.caller(who), note.board_id, note.id, data)).result


def mentioned(note: NoteOut) -> set[int]:
    return users_in(note.content)


async def test_only_who_may_see_a_text_is_mentioned(house: House):
    people = {name: one.id for name, one in house.people.items()}
    private = await house.board(ada="owner", bob="viewer")
    room = await house.room(ada="owner", bob="member")
    await house.core.profiles.deactivate(house.caller("root"), people["eve"])
    text = "@bob @root @eve @nobody @ada"

    shared = await _note(house, "ada", 1, text)
    closed = await _note(house, "ada", private, text)
    said = await house.say("ada", room, text)

    assert mentioned(shared) == {people["bob"], people["root"], people["ada"]}
    assert mentioned(closed) == users_in(said.formatted) == {people["bob"], people["ada"]}
    assert await told(house, "bob") == [
        ("invited", "ada", ""),
        ("invited", "ada", ""),
        *[("mention", "ada", text)] * 3,
    ]
    assert await told(house, "root") == [("mention", "ada", text)]
    assert await told(house, "ada") == []


async def test_a_title_mentions_people_too_each_once(house: House):
    private = await house.board(ada="owner", bob="viewer")
    new = NoteCreate(title="@bob and @eve", description="@bob")
    note = (await house.core.notes.add(house.caller("ada"), private, new)).result
    await _changed(house, note, title="@bob, @root and @eve")
    await house.core.members.set(house.caller("ada"), private, house.people["eve"].id, MemberUpdate(role="viewer"))
    await _changed(house, note, title="@eve and @bob")
    await _changed(house, note, title="@eve", description="@bob and @eve")

    assert await told(house, "bob") == [("invited", "ada", ""), ("mention", "ada", "@eve")]
    assert await told(house, "eve") == [("invited", "ada", ""), ("mention", "ada", "@eve")]
    assert await told(house, "root") == []


async def test_an_import_mentions_nobody_before_its_text_is_edited(house: House):
    entry = ImportedNote(title="@bob", description="for @bob and @eve")
    ada = house.caller("ada")
    assert (await house.core.imports.import_offline(ada, 1, [(entry, "file/1")], dry_run=False)).result == 1
    async with await house.browser("ada") as client:
        (note,) = (await client.get("/api/notes")).json()
    assert await told(house, "bob") == []

    await _changed(house, NoteOut.model_validate(note), description="for @bob and @eve, today")

    assert await told(house, "bob") == [("mention", "ada", "@bob")]
    assert await told(house, "eve") == [("mention", "ada", "@bob")]


async def test_a_mention_follows_its_user_and_an_edit_tells_only_new_ones(house: House):
    people = {name: one.id for name, one in house.people.items()}
    note = await _note(house, "ada", 1, "@bob\n\n- [ ] milk")
    said = await house.say("ada", 1, "@bob hello")
    await house.core.profiles.change(people["bob"], ProfileUpdate(nickname="robert"))
    await house.core.users.add(UserCreate(name="Another", email=None, nickname="bob"))

    edited = await _changed(house, note, "root", description="@bob and @eve\n\n- [ ] milk")
    ticked = await house.core.tasks.tick(
        house.caller("ada"), 1, note.id, TaskTick(line=3, source="- [ ] milk", done=True)
    )
    added = await house.core.tasks.add(house.caller("ada"), 1, note.id, TaskCreate(text="call @root"))
    author = people["ada"]
    update = MessageUpdate(author_id=author, content="@bob **hello** @eve")
    message = (await house.core.messages.change(house.caller("ada"), said.id, update)).result

    assert mentioned(edited) == mentioned(ticked.result) == {people["bob"], people["eve"]}
    assert mentioned(added.result) == {people["bob"], people["eve"], people["root"]}
    assert users_in(message.formatted) == {people["bob"], people["eve"]}
    assert [kind for kind, *_ in await told(house, "bob")] == ["mention", "mention"]
    assert [kind for kind, *_ in await told(house, "eve")] == ["mention", "mention"]
    assert [kind for kind, *_ in await told(house, "root")] == ["mention"]
    restored = await house.core.revisions.restore(house.caller("ada"), 1, note.id, note.version)
    assert mentioned(restored.result) == {people["bob"]}


async def test_who_is_mentioned_again_after_an_edit_is_not_told_twice(house: House):
    note = await _note(house, "ada", 1, "@bob")
    said = await house.say("ada", 1, "@bob")

    for text in ("nobody", "@bob again"):
        await _changed(house, note, description=text)
        update = MessageUpdate(author_id=house.people["ada"].id, content=text)
        await house.core.messages.change(house.caller("ada"), said.id, update)

    assert len(await told(house, "bob")) == 2


async def test_more_than_fifty_people_are_refused_and_nothing_is_written(house: House):
    names = [f"user{number}" for number in range(MENTIONS_MAX + 1)]
    for name in names:
        await house.core.users.add(UserCreate(name=name, email=None, nickname=name))
    text = " ".join(f"@{name}" for name in names)

    with pytest.raises(ValidationFailedError) as of_note:
        await _note(house, "ada", 1, text)
    with pytest.raises(ValidationFailedError) as of_message:
        await house.say("ada", 1, text)

    assert [one.field for one in of_note.value.errors] == ["description"]
    assert [one.field for one in of_message.value.errors] == ["content"]
    whole = await _note(house, "ada", 1, text.partition(" ")[2])
    assert len(mentioned(whole)) == MENTIONS_MAX


async def test_everybody_in_a_room_is_mentioned_by_an_owner_alone(house: House):
    room = await house.room(ada="owner", bob="member", eve="member")

    await house.say("bob", room, "@room as a member")
    await house.say("ada", room, "@room as an owner")
    await house.say("root", 1, "@room in the lobby")

    assert (await told(house, "bob"))[1:] == [("mention", "ada", "@room as an owner")]
    assert (await told(house, "eve"))[1:] == [("mention", "ada", "@room as an owner")]
    assert await unread(house, "ada") == 0


async def test_a_text_without_an_at_costs_no_query(core: Core):
    async def add(text: str) -> NoteOut:
        return (await core.notes.add(ANYBODY, 1, NoteCreate(description=text))).result

    await add("the first one")
    with recorded_statements() as plain:
        note = await add("plain")
    with recorded_statements() as formatted:
        await add("**bold**")
    with recorded_statements() as mentioning:
        await add("@nobody")

    assert len(plain) == len(formatted) == len(mentioning) - 1
    assert not [one for one in (*plain, *formatted) if "notification" in one or '"user"' in one]
    assert "mention" not in note.model_dump_json()
