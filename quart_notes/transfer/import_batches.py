"""Divides an import into batches, each small enough for one change, with the report of what was not imported."""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from quart_notes.schemas import (
    LOST_MAX,
    PROBLEMS_MAX,
    SAMPLE_MAX,
    EntryProblem,
    ImportedNote,
    ImportOptions,
    LeftOut,
    LostPart,
    Outcome,
)
from quart_notes.transfer.importer import count, kind_of, read
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import SourcePath

BATCH_ENTRIES = 100  # entries: a write of so many takes a few milliseconds
BATCH_TEXT = 128 * 1024  # characters: limits the events of one change
COUNTED = 5000  # entries between two reports of the count, at which the import can be cancelled
SHOWN = 300  # characters of a name or a reason in the report
SHOWN_LOST = 100  # characters of the name of a lost part, and of its example
Counted = TypeVar("Counted", LeftOut, LostPart)
DIGITS = 40  # of an entry's digest, in hexadecimal
MORE_LOST = "other things"  # lost parts beyond LOST_MAX


class OriginNamer:
    """Gives each entry of an import its origin, by which it is recognised in a later import.

    An entry with an origin of its own keeps it. Any other is named by a digest of its content and the number of equal
    entries before it: the same file gives the same origins, and two equal notes stay two notes. Eight bytes are stored
    for each, because a file may have very many.
    """

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()

    def of(self, entry: ImportedNote) -> str | None:
        """The entry's origin; None when an earlier entry had it already."""
        digest = _digest_of(entry) if entry.origin is None else sha256(entry.origin.encode()).hexdigest()
        key = int(digest[:16], 16)
        self._seen[key] += 1
        if entry.origin is None:
            return f"sha256:{digest}#{self._seen[key]}"
        return entry.origin if self._seen[key] == 1 else None


def _digest_of(entry: ImportedNote) -> str:
    """A digest of an entry's content."""
    created = "" if entry.created_at is None else entry.created_at.isoformat()
    parts = (entry.title or "", entry.description or "", str(entry.done), created)
    return sha256("\0".join(parts).encode()).hexdigest()[:DIGITS]


@dataclass(slots=True)
class Batch:
    """Entries with their origins, and the report of what was skipped between them."""

    entries: list[tuple[ImportedNote, str]] = field(default_factory=list)
    problems: list[EntryProblem] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    lost: dict[str, LostPart] = field(default_factory=dict)
    known: int = 0  # entries that came earlier in the same file
    sample: list[str] = field(default_factory=list)
    size: int = 0
    done: int = 0  # entries of the file that this batch covers

    def add(self, item: ParsedNote, origins: OriginNamer) -> None:
        """Add an entry."""
        self.done += item.counts
        if item.problem is not None:
            self.problems.append(EntryProblem(entry=_short(item.name), reason=_short(item.problem)))
            return
        if item.left_out is not None:
            _put(self.left_out, LeftOut(reason=item.left_out, entries=1))
        for entry in (item.entry, *item.more):
            if entry is not None:
                self._add(entry, origins)
        first: dict[str, str] = {}
        for what, example in item.lost:
            first.setdefault(what, example)
        for what, example in first.items():
            part = LostPart(what=_short(what, SHOWN_LOST), example=_short(example, SHOWN_LOST), entries=1)
            _put(self.lost, part)

    def _add(self, entry: ImportedNote, origins: OriginNamer) -> None:
        if (origin := origins.of(entry)) is None:
            self.known += 1
            return
        self.entries.append((entry, origin))
        self.size += len(entry.description or "")
        if len(self.sample) < SAMPLE_MAX:
            self.sample.append(title_of(entry))

    def add_to(self, before: Outcome) -> Outcome:
        """The outcome of the earlier batches, with what was skipped in this one."""
        left_out = {one.reason: one for one in before.left_out_reasons}
        lost = {one.what: one for one in before.lost}
        for reason in self.left_out.values():
            _put(left_out, reason)
        for part in self.lost.values():
            _put(lost, part)
        return before.model_copy(
            update={
                "skipped": before.skipped + len(self.problems),
                "left_out": sum(one.entries for one in left_out.values()),
                "left_out_reasons": list(left_out.values()),
                "lost": list(lost.values()),
                "known": before.known + self.known,
                "problems": [*before.problems, *self.problems][:PROBLEMS_MAX],
                "sample": [*before.sample, *self.sample][:SAMPLE_MAX],
            }
        )


def _put(counted: dict[str, Counted], one: Counted) -> None:
    """Add to the count of the same kind; kinds beyond LOST_MAX are counted together."""
    key = one.reason if isinstance(one, LeftOut) else one.what
    if key not in counted and len(counted) >= LOST_MAX - 1 and isinstance(one, LostPart):
        key, one = MORE_LOST, one.model_copy(update={"what": MORE_LOST})
    before = counted.get(key)
    counted[key] = before.model_copy(update={"entries": before.entries + one.entries}) if before else one


class ImportSource:
    """The files of one import. All of its methods wait for the disk: call them in a thread.

    raises   UnreadableError, from each method
    """

    def __init__(self, sources: Sequence[SourcePath], options: ImportOptions) -> None:
        self._sources = sources
        self._options = options
        self._kind = kind_of(sources, options)

    def counts(self) -> Generator[int, None, None]:
        """The number of entries: growing intermediate counts, the last of which is the total."""
        number = 0
        for number, _ in enumerate(count(self._sources, self._kind), 1):
            if number % COUNTED == 0:
                yield number
        yield number

    def batches(self) -> Generator[Batch, None, None]:
        """All batches, in order."""
        origins = OriginNamer()
        batch = Batch()
        for item in read(self._sources, self._options, self._kind):
            batch.add(item, origins)
            if batch.done >= BATCH_ENTRIES or batch.size >= BATCH_TEXT:
                yield batch
                batch = Batch()
        yield batch


def title_of(entry: ImportedNote) -> str:
    """A name for an entry: its title, or the beginning of its text."""
    return entry.title or (entry.description or "").strip().partition("\n")[0][:80]


def _short(text: str, limit: int = SHOWN) -> str:
    clean = "".join(character if character.isprintable() else "·" for character in text[: limit + 1].strip())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
