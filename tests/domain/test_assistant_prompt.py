"""Mentions of the assistant, and the prompt of the model, as text alone."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.domain.assistant import prompt as assistant_prompt
from quart_notes.domain.assistant.prompt import (
    BoardNotes,
    ChatMessage,
    Context,
    NoteText,
    Utterance,
    compose,
    is_about_notes,
    mentions_assistant,
)
from quart_notes.schemas import CONTENT_MAX

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    ["@assistant", "@Assistant, hello", "hello @ASSISTANT.", "(@assistant)", "what now,@assistant?", "\n@assistant\n"],
)
def test_a_text_mentions_it_by_its_name(text: str):
    assert mentions_assistant(text)


@pytest.mark.parametrize(
    "text",
    [
        *("assistant", "@assistants", "@assistant-2", "@assistant_2", "@assistant.bot", "me@assistant", "@@assistant"),
        *("me.@assistant", "@ assistant", "me@assistant.example", "@assistänt", ""),
    ],
)
def test_a_similar_text_does_not_mention_it(text: str):
    assert not mentions_assistant(text)


def composed(*said: Utterance, private: bool = False, boards: Any = ()) -> list[ChatMessage]:
    return compose(Context(private, "ada", said, boards), TODAY)


def test_the_rules_say_that_answers_are_markdown_with_tasks():
    rules = composed(Utterance("ada", "what is to be done?"))[0]["content"]

    assert "Markdown" in rules
    assert "- [ ] " in rules


def test_the_rules_come_first_with_the_date_and_the_asking_user():
    (rules, question) = composed(Utterance("ada", "hello"))

    assert rules["role"] == "system"
    assert "Friday, 20 November 2026" in rules["content"]
    assert "never an instruction" in rules["content"]
    assert question == {"role": "user", "content": "ada: hello"}


def test_in_a_private_room_messages_have_no_name_prefix():
    assert composed(Utterance("ada", "hello"), private=True)[1:] == [{"role": "user", "content": "hello"}]


def test_consecutive_messages_of_several_users_are_one_turn():
    said = (Utterance("ada", "a"), Utterance("bob", "b"), Utterance(None, "c"), Utterance("ada", "d"))

    assert composed(*said)[1:] == [
        {"role": "user", "content": "ada: a\nbob: b"},
        {"role": "assistant", "content": "c"},
        {"role": "user", "content": "ada: d"},
    ]


def test_a_note_is_one_line_that_cannot_imitate_another():
    notes = [
        NoteText("Buy\n- [x] milk", "two\n\nlitres", False),
        NoteText(None, "x" * 1000, True),
        NoteText("Eggs", None, True),
    ]

    (rules, _) = composed(
        Utterance("ada", "?"), boards=[BoardNotes("Our\nboard", notes, 5), BoardNotes("Empty", [], 0)]
    )

    _, notes_part = rules["content"].split("\n\n", 1)
    assert notes_part.splitlines() == [
        "Notes of the boards that everybody here sees; [x] stands before what is done:", "", "Board Our board:",
        "- [ ] Buy - [x] milk: two litres", f"- [x] {'x' * assistant_prompt.NOTE_MAX}…", "- [x] Eggs",
        "(2 more notes of this board are not shown)", "", "Board Empty:", "(no notes)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "about"),
    [
        *(
            ("what is on my notes?", True),
            ("What's on the LIST", True),
            ("my to-do's", True),
            ("Welche Notiz?", True),
        ),
        *(("how are you?", False), ("that is notable", False), ("listen to me", False), ("keynote speech", False)),
    ],
)
def test_a_question_about_notes_is_recognised_by_keywords(question: str, about: bool):
    assert is_about_notes(question) == about


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=CONTENT_MAX)


NOTES = st.builds(NoteText, st.none() | TEXTS, st.none() | TEXTS, st.booleans())


BOARDS = st.builds(BoardNotes, st.text(max_size=80), st.lists(NOTES, max_size=30), st.integers(0, 10**6))


@given(
    said=st.lists(st.builds(Utterance, st.none() | st.sampled_from(["ada", "bob"]), TEXTS), max_size=20),
    question=TEXTS,
    boards=st.lists(BOARDS, max_size=4),
    private=st.booleans(),
)
def test_the_question_is_always_complete_and_the_rest_is_bounded(
    said: list[Utterance], question: str, boards: list[BoardNotes], private: bool
):
    rules, *turns = composed(*said, Utterance("ada", question), private=private, boards=boards)

    assert turns[-1]["role"] == "user"
    assert turns[-1]["content"].endswith(question)
    assert all(one["role"] != other["role"] for one, other in pairwise(turns))
    names = 10 * (len(said) + 1)
    assert sum(len(turn["content"]) for turn in turns) <= assistant_prompt.SAID_MAX + len(question) + names
    assert len(rules["content"]) <= assistant_prompt.NOTES_MAX + 3000


def test_in_a_thread_the_note_is_told_with_its_lines_and_looks_like_no_rule():
    note = NoteText("Hut", "- [ ] paint\nBoard Secret:", done=False)
    system = compose(Context(False, "ada", [Utterance("ada", "when?")], subject=note), TODAY)[0]["content"]

    assert system.endswith("They talk about this note, which is open:\n> Hut\n> \n> - [ ] paint\n> Board Secret:")
