"""An import in batches: what a change can bring in at once, and what is to be said of the rest."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from quart_notes.schemas import PROBLEMS_MAX, SAMPLE_MAX, Entry, EntryProblem, ImportOptions, Outcome
from quart_notes.transfer.files import Place
from quart_notes.transfer.items import Item
from quart_notes.transfer.origins import Origins
from quart_notes.transfer.reading import count, kind_of, read

BATCH = 100  # entries: a write of so many takes a few milliseconds
BATCH_TEXT = 128 * 1024  # characters, so that what readers of the board have to take stays small
COUNTED = 5000  # entries counted before somebody may ask to stop
SHOWN = 300  # characters of a name or a reason


@dataclass(slots=True)
class Batch:
    """Some entries with their names, and what was passed over on the way to them."""

    entries: list[tuple[Entry, str]] = field(default_factory=list)
    problems: list[EntryProblem] = field(default_factory=list)
    left_out: int = 0
    known: int = 0  # of which the same file has told before
    sample: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def done(self) -> int:
        """How many entries of the file this deals with."""
        return len(self.entries) + len(self.problems) + self.left_out + self.known

    def add(self, item: Item, origins: Origins) -> None:
        """One more."""
        if item.problem is not None:
            self.problems.append(EntryProblem(entry=_short(item.name), reason=_short(item.problem)))
        elif item.entry is None:
            self.left_out += 1
        elif (origin := origins.of(item.entry)) is None:
            self.known += 1
        else:
            self.entries.append((item.entry, origin))
            self.size += len(item.entry.description or "")
            if len(self.sample) < SAMPLE_MAX:
                self.sample.append(title_of(item.entry))

    def noted(self, before: Outcome) -> Outcome:
        """What came of the import before, with what was passed over here."""
        return before.model_copy(
            update={
                "skipped": before.skipped + len(self.problems),
                "left_out": before.left_out + self.left_out,
                "known": before.known + self.known,
                "problems": [*before.problems, *self.problems][:PROBLEMS_MAX],
                "sample": [*before.sample, *self.sample][:SAMPLE_MAX],
            }
        )


class Source:
    """The files of one import. All of its methods wait for the disk, and belong into a thread.

    raises   UnreadableError, wherever something is read
    """

    def __init__(self, places: Sequence[Place], options: ImportOptions) -> None:
        self._places = places
        self._options = options
        self._kind = kind_of(places, options)

    def counts(self) -> Generator[int, None, None]:
        """How many entries there are, growing now and then up to all of them."""
        number = 0
        for number, _ in enumerate(count(self._places, self._kind), 1):
            if number % COUNTED == 0:
                yield number
        yield number

    def batches(self) -> Generator[Batch, None, None]:
        """What there is to bring in, in order."""
        origins = Origins()
        batch = Batch()
        for item in read(self._places, self._options, self._kind):
            batch.add(item, origins)
            if batch.done >= BATCH or batch.size >= BATCH_TEXT:
                yield batch
                batch = Batch()
        yield batch


def title_of(entry: Entry) -> str:
    """What an entry is called, when it has to be named: its title, or how its text begins."""
    return entry.title or (entry.description or "").strip().partition("\n")[0][:80]


def _short(text: str) -> str:
    clean = "".join(character if character.isprintable() else "·" for character in text)
    return clean if len(clean) <= SHOWN else clean[: SHOWN - 1] + "…"
