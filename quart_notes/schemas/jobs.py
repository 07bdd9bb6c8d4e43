"""The shapes of jobs: options, progress, outcome."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from quart_notes.schemas.examples import MOMENT, example
from quart_notes.schemas.fields import MAX_ID, ClientKey, Id, OutputModel, PageQuery
from quart_notes.schemas.notes import ORIGIN_MAX, StoredNote

PROBLEMS_MAX = 100  # entries named in an outcome; the others are counted
SAMPLE_MAX = 20  # titles shown in a preview
LOST_MAX = 50  # unknown fields that are named
ImportFormat = Literal["json", "csv", "markdown", "keep"]
ExportFormat = Literal["json", "csv", "markdown"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
JOB: dict[str, Any] = {
    "id": 5,
    "kind": "import",
    "person_id": 3,
    "board_id": 1,
    "state": "running",
    "file_name": "Takeout.zip",
    "kept": True,
    "options": {"format": None, "dry_run": False, "archived": False, "trashed": False},
    "done": 1200,
    "total": 5000,
    "text": "1,150 notes imported, 50 were there already",
    "outcome": {
        "created": 1150,
        "known": 50,
        "skipped": 0,
        "left_out": 5,
        "left_out_reasons": [{"reason": "archived", "entries": 5}],
        "lost": [{"what": "sharees", "example": "ada@example.org", "entries": 12}],
        "problems": [],
        "sample": ["Buy milk"],
    },
    "version": 14,
    "created_at": MOMENT,
    "updated_at": "2026-01-31T09:30:12.000001Z",
}


class ImportOptions(BaseModel):
    """Options of an import."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: ImportFormat | None = Field(None, description="Format of the file; without it, it is detected.")
    dry_run: bool = Field(False, description="Say what would be imported, and change nothing.")
    archived: bool = Field(False, description="Archived notes too.")
    trashed: bool = Field(False, description="Notes from the trash too.")


class ImportQuery(ImportOptions):
    """Options of an import, and in open mode its user."""

    person_id: Id | None = Field(None, description="Open mode: whose job it is; without it nobody's.")
    client_key: ClientKey = None


class EntryProblem(OutputModel):
    """An entry that was not imported."""

    entry: str = Field(description="Which: a file's name, or the place in the file.", max_length=300)
    reason: str = Field(description="Why, for people.", max_length=300)


class LeftOut(OutputModel):
    """Entries that the options exclude."""

    reason: str = Field(description="archived, trashed, or empty: there is nothing in it.", max_length=20)
    entries: int = Field(description="How many.", ge=1)


class LostPart(OutputModel):
    """A field that notes have no place for: the rest of its entries was imported."""

    what: str = Field(description="The name of the column or field, or words for it.", max_length=100)
    example: str = Field(description="The first of it.", max_length=100)
    entries: int = Field(description="How many entries had it.", ge=1)


class Outcome(OutputModel):
    """The result of an import so far."""

    created: int = Field(0, description="Notes that were imported; in a dry run, that would be.", ge=0)
    known: int = Field(0, description="Entries that had been imported before, or are on the board: not doubled.", ge=0)
    skipped: int = Field(0, description="Bad entries, which were not imported.", ge=0)
    left_out: int = Field(0, description="Entries that were not asked for, or empty.", ge=0)
    left_out_reasons: list[LeftOut] = Field([], description="Why these were left out.", max_length=LOST_MAX)
    lost: list[LostPart] = Field(
        [], description="Parts of the imported entries that could not be kept.", max_length=LOST_MAX
    )
    problems: list[EntryProblem] = Field([], description="The first bad entries, by name.", max_length=PROBLEMS_MAX)
    sample: list[str] = Field([], description="What the first ones are called.", max_length=SAMPLE_MAX)


class JobOut(OutputModel):
    """A job and its progress."""

    model_config = example(JOB)

    id: int = Field(description="Grows with each job and is never used twice.", ge=1, le=MAX_ID)
    kind: Literal["import"] = Field(description="What it does.")
    person_id: int | None = Field(description="Who asked for it; null: nobody in particular, in open mode.")
    board_id: int = Field(description="The board that it works on.", ge=1, le=MAX_ID)
    state: JobState = Field(
        description="waiting: for its turn. running. done. failed: it cannot go on. cancelled: by the person"
        " who asked for it. interrupted: the server stopped. The last three can be run again, and double nothing."
    )
    file_name: str = Field(description="What its sender calls the file.", max_length=255)
    kept: bool = Field(
        description="Whether its files are still there, so that it can be run, or imported after a look."
    )
    options: ImportOptions = Field(description="What was asked for.")
    done: int = Field(description="Entries that have been dealt with.", ge=0)
    total: int | None = Field(description="How many there are; null while nobody knows.", ge=0)
    text: str = Field(description="Where it stands, in a line for people.", max_length=200)
    outcome: Outcome = Field(description="What came of it so far.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    created_at: datetime = Field(description="UTC, RFC 3339.")
    updated_at: datetime = Field(description="UTC, RFC 3339.")


class JobQuery(PageQuery):
    """Options of a list of the caller's jobs, by id ascending."""

    person_id: Id | None = Field(None, description="Open mode: whose; else those of the caller.")


class ExportedBoard(OutputModel):
    """The board of an export."""

    name: str = Field(description="The board's name.")


AUTHORS = ("created_by", "updated_by", "done_by")  # fields of an exported note that name a user


class ExportedNote(StoredNote):
    """A note in an export, its users by nickname. Who imports it is its author then."""

    origin: str = Field(
        description="By which it is known when it is imported again; what was imported before is not imported again.",
        max_length=ORIGIN_MAX,
    )
    version: int = Field(description="How often it was changed; not imported.", ge=1)
    created_by: str | None = Field(None, description="Who added it.")
    updated_by: str | None = Field(None, description="Who changed it last.")
    done_by: str | None = Field(None, description="Who ticked it off.")


class ExportOut(OutputModel):
    """A board's notes, which can be imported without loss. An import accepts a bare array of notes, too."""

    quart_notes_export: Literal[2] = Field(description="The version of the format.")
    epoch: str = Field(description="Of the database that the notes are from.")
    board: ExportedBoard = Field(description="Where they are from.")
    exported_at: datetime = Field(description="UTC, RFC 3339.")
    notes: list[ExportedNote] = Field(description="The notes, by id.")


class ExportQuery(BaseModel):
    """The format of an export."""

    format: ExportFormat = Field(
        "json",
        description="json: everything, and it can be imported without loss. csv: a line a note. markdown: a zip, a file"
        " a note.",
    )
