"""Reads a card of Trello as a note. Each part of it becomes a part of the note, or is named as lost."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from quart_notes.schemas import ImportOptions
from quart_notes.transfer.checklists import checklists
from quart_notes.transfer.columns import colour_of
from quart_notes.transfer.dates import moment_of
from quart_notes.transfer.fields import Fields, as_text
from quart_notes.transfer.markdown_writer import escaped
from quart_notes.transfer.parsed_note import Lost, ParsedNote
from quart_notes.transfer.text import readable
from quart_notes.transfer.trello_board import TrelloBoard

Card = Mapping[str, Any]
MARKS = frozenset({"idList", "idBoard", "idShort", "shortLink", "idChecklists"})  # one of them makes an object a card
OBJECT_ID = re.compile("[0-9a-f]{24}")  # it begins with the second of its creation
COVER_COLOURS = {"lime": "green", "sky": "blue", "black": "grey"}
NOTHING: tuple[Any, ...] = (None, "", False, [], {}, -1)  # values without information; 0 is like False
# Said by other fields, or about the page of Trello only.
DERIVED = frozenset(
    {
        *("badges", "checkItemStates", "descData", "idBoard", "idShort", "idLabels", "limits", "nodeId", "pos"),
        *("shortLink", "shortUrl", "subscribed", "email", "manualCoverAttachment", "idAttachmentCover", "faceless"),
        *("creationMethod", "creationMethodError", "creationMethodLoadingStartedAt"),
    }
)


def is_card(element: Card) -> bool:
    """Whether an object looks like a card of Trello."""
    return not MARKS.isdisjoint(element)


def note_of(name: str, card: Card, board: TrelloBoard, options: ImportOptions) -> ParsedNote:
    """The note of a card. A part that is not as Trello writes it is reported as lost, and the others are used."""
    fields = Fields()
    for key, add_part in PARTS:
        if card.get(key) in NOTHING:
            continue
        try:
            add_part(fields, card, board)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            _lose(fields, key, as_text(card[key]))
    for key, value in card.items():
        if key not in USED and value not in NOTHING:
            _lose(fields, key, as_text(value))
    return fields.item(name, options)


def _lose(fields: Fields, what: str, example: str) -> None:
    fields.lost.append(Lost(readable(what), readable(example)))


def _title(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("title", _text(card["name"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _description(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("text", _text(card["desc"]))


def _start(fields: Fields, card: Card, _: TrelloBoard) -> None:
    """A date of a card is named in the text: a note has none."""
    fields.add("text", f"Start: {_moment(card['start'])}")


def _due(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("text", f"Due: {_moment(card['due'])}")


def _moment(value: Any) -> str:
    moment = moment_of(value)
    if moment is None:
        raise ValueError
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _done(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("done", bool(card["dueComplete"]))


def _closed(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("archived", bool(card["closed"]))


def _list(fields: Fields, card: Card, board: TrelloBoard) -> None:
    """A list is a label of its cards; when it is archived, they are."""
    found = board.find("lists", card["idList"])
    fields.add("labels", [_text(found["name"])])
    if found.get("closed") is True:
        fields.add("archived", True)


def _labels(fields: Fields, card: Card, _: TrelloBoard) -> None:
    """Trello shows a label without a name by its colour."""
    fields.add("labels", [_text(one["name"] or one["color"].replace("_", " ")) for one in card["labels"]])


def _named_checklists(fields: Fields, card: Card, board: TrelloBoard) -> None:
    if not card.get("checklists"):
        _add_checklists(fields, [board.find("checklists", one) for one in card["idChecklists"]], board)


def _own_checklists(fields: Fields, card: Card, board: TrelloBoard) -> None:
    _add_checklists(fields, card["checklists"], board)


def _add_checklists(fields: Fields, found: list[Card], board: TrelloBoard) -> None:
    fields.add("text", checklists(found))
    items = [item for checklist in found for item in checklist["checkItems"]]
    for item in items:
        if item.get("idMember"):
            _lose(fields, "members of checklist items", _names([item["idMember"]], board))
        if item.get("due"):
            _lose(fields, "due dates of checklist items", f"{item['due']}: {item['name']}")


def _attachments(fields: Fields, card: Card, _: TrelloBoard) -> None:
    """The address of each stays in the text. A file that was uploaded to Trello is not imported."""
    lines = []
    for one in card["attachments"]:
        url, name = _text(one["url"]), one.get("name") or ""
        lines.append(f"Attachment: {url}" if name in {"", url} else f"Attachment: {escaped(name)}: {url}")
        if one.get("isUpload"):
            _lose(fields, "attached files", name or url)
    fields.add("text", "\n".join(lines))


def _cover(fields: Fields, card: Card, _: TrelloBoard) -> None:
    cover = card["cover"]
    name = cover.get("color")
    colour = colour_of(COVER_COLOURS.get(name, name)) if name else None
    picture = cover.get("idAttachment") or cover.get("idUploadedBackground")
    if colour:
        fields.add("colour", colour)
    elif name or picture:
        _lose(fields, "cover", as_text(name or picture))


def _changed(fields: Fields, card: Card, _: TrelloBoard) -> None:
    fields.add("updated_at", card["dateLastActivity"])


def _created(fields: Fields, card: Card, _: TrelloBoard) -> None:
    if OBJECT_ID.fullmatch(str(card["id"])):
        fields.add("created_at", datetime.fromtimestamp(int(card["id"][:8], 16), UTC))


def _comments(fields: Fields, card: Card, board: TrelloBoard) -> None:
    found = []
    for action in board.comments(card["id"]):
        try:
            found.append(_comment(action))
        except (TypeError, ValueError, KeyError, AttributeError):
            _lose(fields, "comments", as_text(action))
    if found:
        fields.add("text", "\n\n".join(["## Comments", *found]))


def _comment(action: Mapping[str, Any]) -> str:
    author = (action.get("memberCreator") or {}).get("fullName") or "Somebody"
    quote = [f"> {line}".rstrip() for line in _text(action["data"]["text"]).splitlines()]
    return "\n".join([f"{escaped(author)}, {_moment(action['date'])}:", "", *quote])


def _members(fields: Fields, card: Card, board: TrelloBoard) -> None:
    _lose(fields, "members", _names(card["idMembers"], board))


def _votes(fields: Fields, card: Card, board: TrelloBoard) -> None:
    _lose(fields, "votes", _names(card["idMembersVoted"], board))


def _names(ids: Iterable[Any], board: TrelloBoard) -> str:
    return ", ".join(_text(board.find("members", one)["fullName"]) for one in ids)


def _custom_fields(fields: Fields, card: Card, board: TrelloBoard) -> None:
    for one in card["customFieldItems"]:
        field = board.find("customFields", one["idCustomField"])
        options = {option["id"]: option["value"] for option in field.get("options") or []}
        value = one.get("value") or options[one["idValue"]]
        _lose(fields, _text(field["name"]), as_text(next(iter(value.values()))))


# The fields of a card, and what adds them to a note, in the order of its text.
PARTS: tuple[tuple[str, Callable[[Fields, Card, TrelloBoard], None]], ...] = (
    ("name", _title),
    ("desc", _description),
    ("start", _start),
    ("due", _due),
    ("dueComplete", _done),
    ("closed", _closed),
    ("idList", _list),
    ("labels", _labels),
    ("idChecklists", _named_checklists),
    ("checklists", _own_checklists),
    ("attachments", _attachments),
    ("id", _comments),
    ("id", _created),
    ("cover", _cover),
    ("dateLastActivity", _changed),
    ("idMembers", _members),
    ("idMembersVoted", _votes),
    ("customFieldItems", _custom_fields),
)
USED = DERIVED | {key for key, _ in PARTS}
