"""An import in batches: what a change can bring in at once, and what is to be said of the rest."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
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
from quart_notes.transfer.deduplication import OriginNamer
from quart_notes.transfer.importer import count, kind_of, read
from quart_notes.transfer.parsed_note import ParsedNote
from quart_notes.transfer.source_files import SourcePath

BATCH_ENTRIES = 100  # entries: a write of so many takes a few milliseconds
BATCH_TEXT = 128 * 1024  # characters, so that what readers of the board have to take stays small
COUNTED = 5000  # entries counted before somebody may ask to stop
SHOWN = 300  # characters of a name or a reason
SHOWN_LOST = 100  # characters of what was lost, and of an example of it
Counted = TypeVar("Counted", LeftOut, LostPart)
MORE_LOST = "other things"  # what is not named by itself


@dataclass(slots=True)
class Batch:
    """Some entries with their names, and what was passed over on the way to them."""

    entries: list[tuple[ImportedNote, str]] = field(default_factory=list)
    problems: list[EntryProblem] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    lost: dict[str, LostPart] = field(default_factory=dict)
    known: int = 0  # of which the same file has told before
    sample: list[str] = field(default_factory=list)
    size: int = 0
    done: int = 0  # entries of the file that this deals with

    def add(self, item: ParsedNote, origins: OriginNamer) -> None:
        """One more."""
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
            _put(
                self.lost,
                LostPart(what=_short(what, SHOWN_LOST), example=_short(example, SHOWN_LOST), entries=1),
            )

    def _add(self, entry: ImportedNote, origins: OriginNamer) -> None:
        if (origin := origins.of(entry)) is None:
            self.known += 1
            return
        self.entries.append((entry, origin))
        self.size += len(entry.description or "")
        if len(self.sample) < SAMPLE_MAX:
            self.sample.append(title_of(entry))

    def add_to(self, before: Outcome) -> Outcome:
        """What came of the import before, with what was passed over here."""
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
    """Count what is of the same kind; beyond LOST_MAX kinds it is counted as one."""
    key = one.reason if isinstance(one, LeftOut) else one.what
    if key not in counted and len(counted) >= LOST_MAX - 1 and isinstance(one, LostPart):
        key, one = MORE_LOST, one.model_copy(update={"what": MORE_LOST})
    before = counted.get(key)
    counted[key] = before.model_copy(update={"entries": before.entries + one.entries}) if before else one


class ImportSource:
    """The files of one import. All of its methods wait for the disk, and belong into a thread.

    raises   UnreadableError, wherever something is read
    """

    def __init__(self, sources: Sequence[SourcePath], options: ImportOptions) -> None:
        self._sources = sources
        self._options = options
        self._kind = kind_of(sources, options)

    def counts(self) -> Generator[int, None, None]:
        """How many entries there are, growing now and then up to all of them."""
        number = 0
        for number, _ in enumerate(count(self._sources, self._kind), 1):
            if number % COUNTED == 0:
                yield number
        yield number

    def batches(self) -> Generator[Batch, None, None]:
        """What there is to bring in, in order."""
        origins = OriginNamer()
        batch = Batch()
        for item in read(self._sources, self._options, self._kind):
            batch.add(item, origins)
            if batch.done >= BATCH_ENTRIES or batch.size >= BATCH_TEXT:
                yield batch
                batch = Batch()
        yield batch


def title_of(entry: ImportedNote) -> str:
    """What an entry is called, when it has to be named: its title, or how its text begins."""
    return entry.title or (entry.description or "").strip().partition("\n")[0][:80]


def _short(text: str, limit: int = SHOWN) -> str:
    clean = "".join(character if character.isprintable() else "·" for character in text[: limit + 1].strip())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
