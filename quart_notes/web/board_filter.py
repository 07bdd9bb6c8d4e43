"""The filter of the board's page: read from its address, and written into the addresses of its links."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from quart import request

from quart_notes.errors import FieldError
from quart_notes.schemas import BOARD_SORTS, QUERY_MAX, BoardSort, NoteFilter, NoteOut, UserOut
from quart_notes.web.current_board import board_url
from quart_notes.web.error_handlers import validation_problem
from quart_notes.web.forms import form_context, number

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PAGE_LAST = 1_000_000
NAMES = tuple(NoteFilter.model_fields)
UNKNOWN = "Choose one of these."
WORDS = {  # for what a form cannot send
    **dict.fromkeys(("done", "pinned", "archived"), UNKNOWN),
    "colour": "There is no such colour.",
    "created_by": "There is no such person.",
}


@dataclass(frozen=True)
class BoardFilter:
    """The filter of an address, without what is invalid in it, and its form.

    others  the rest of the address that its links keep: what is searched for, and how the board is sorted
    chosen  the valid conditions
    form    the values as they were sent, and the errors beside their fields
    """

    others: Mapping[str, str]
    chosen: NoteFilter
    form: Mapping[str, Any]

    @property
    def q(self) -> str:
        """What is searched for."""
        return self.others.get("q", "")

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The valid conditions, as parameters of an address: their names and values."""
        return [(name, value) for name, values in self.chosen.parameters().items() for value in values]

    @property
    def problems(self) -> dict[str, str]:
        """The error of each invalid field."""
        problems: dict[str, str] = self.form["errors"]
        return problems

    @property
    def label_form(self) -> dict[str, Any]:
        """The form with the first of the labels: its field takes one."""
        return {**self.form, "label": next(iter(self.form["label"]), "")}

    @property
    def further_labels(self) -> list[str]:
        """The labels that the form sends along."""
        return list(self.chosen.label[1:])

    def label_choices(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """The labels that can be asked for: those of the board, and what is asked for anyhow."""
        return [(name, name) for name in dict.fromkeys([*names, *self.chosen.label[:1]])]

    def kind_of(self, name: str) -> str:
        """The kind of a date's field: a text where a browser's date field would lose what was sent."""
        value: str = self.form[name]
        return "date" if not value or DAY.fullmatch(value) else "text"

    def query(self, *without: str, **more: Any) -> str:
        """The query of an address with this filter, with its question mark; empty for none.

        without  names that are left out
        """
        return self._query([one for one in self._pairs if one[0] not in {*without, *more}] + list(more.items()))

    @property
    def cleared(self) -> str:
        """The query without any condition."""
        return self._query(list(self.others.items()))

    def query_without(self, name: str, value: str) -> str:
        """The query without one condition: one label of several."""
        return self._query([one for one in self._pairs if one != (name, value)])

    def query_with_label(self, label: str) -> str:
        """The query for those of the page's notes that have this label too."""
        return self._query([one for one in self._pairs if one != ("label", label)] + [("label", label)])

    @property
    def _pairs(self) -> list[tuple[str, str]]:
        return [*self.others.items(), *self.parameters]

    @staticmethod
    def _query(pairs: Sequence[tuple[str, Any]]) -> str:
        return f"?{urlencode(pairs, doseq=True)}" if pairs else ""


def page_number() -> int:
    """The page of the board that the current address asks for."""
    return number(request.args.get("page"), 1, PAGE_LAST)


def sort_in(value: Any) -> BoardSort | None:
    """The sort that a value names."""
    return next((sort for sort in BOARD_SORTS if sort == value), None)


def back_query(chosen: BoardFilter, **more: Any) -> str:
    """The query of the shown part of a board, for the forms on it: they lead back to it without scripts too."""
    page = page_number()
    return chosen.query(**({"page": page} if page > 1 else {}), **more)


async def back_to_board(board_id: int, **more: Any) -> str:
    """The part of a board that a form on it came from; `more` goes into its query."""
    return await board_url(board_id) + back_query(board_filter(), **more)


def board_filter() -> BoardFilter:
    """The filter of the current address. A field that is blank, as a form sends it, is no condition."""
    q = "".join(character for character in request.args.get("q", "") if character.isprintable())[:QUERY_MAX].strip()
    others = {"q": q, "sort": sort_in(request.args.get("sort")) or ""}
    sent: dict[str, Any] = {name: text.strip() for name in NAMES if (text := request.args.get(name, "")).strip()}
    if labels := [text for text in request.args.getlist("label") if text.strip()]:
        sent["label"] = labels
    errors: Sequence[FieldError] = ()
    valid = sent
    try:
        chosen = NoteFilter.model_validate(sent)
    except ValidationError as error:
        # A list has one field: an error of one label is its own.
        found = [FieldError(one.field.partition(".")[0], one.message) for one in validation_problem(error).errors]
        errors = [FieldError(one.field, WORDS.get(one.field, one.message)) for one in found]
        invalid = {one.field for one in errors}
        valid = {name: text for name, text in sent.items() if name not in invalid}
        chosen = NoteFilter.model_validate(valid)
    given = {name: text for name, text in others.items() if text}
    form = form_context({**dict.fromkeys(NAMES, ""), "label": [], **sent}, errors)
    return BoardFilter(given, chosen, form)


def author_choices(
    notes: Iterable[NoteOut], users: Mapping[int, UserOut], me: UserOut | None, chosen: int | None
) -> list[tuple[int, str]]:
    """Whose notes can be asked for, by id and nickname: the viewer, and who added those that are shown.

    Nobody else is named: an address may name any user, also one that the viewer may know nothing of.
    """
    shown = {note.created_by for note in notes}
    shown_users = {user.id: user for user in users.values() if user.id in shown} | ({me.id: me} if me else {})
    found = sorted(((user.id, user.nickname) for user in shown_users.values()), key=lambda one: one[1].casefold())
    return found if chosen is None or chosen in shown_users else [*found, (chosen, f"#{chosen}")]
