"""`quart-notes import` and `quart-notes export`."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from quart_notes.cli import offline
from quart_notes.cli.common import DATA_OPTIONS, cli_errors, options, progress, require_file
from quart_notes.domain.imports import notes, summary
from quart_notes.private_files import open_file
from quart_notes.schemas import MAX_ID, ImportOptions, Outcome
from quart_notes.settings_sources import load

BOARD_OPTION = click.option(
    "--board",
    "board_id",
    type=click.IntRange(1, MAX_ID),
    default=1,
    help="Number of the board (default: 1, everybody's).",
)


@click.command("import")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@BOARD_OPTION
@click.option(
    "--format",
    type=click.Choice(["json", "csv", "markdown", "keep"]),
    help="Format of the files (default: detected).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be imported, and change nothing.")
@click.option("--archived", is_flag=True, help="Archived notes too.")
@click.option("--trashed", is_flag=True, help="Notes from the trash too.")
@options(DATA_OPTIONS)
def import_notes(paths: tuple[Path, ...], board_id: int, **flags: Any) -> None:
    """Import notes: our own export, CSV, Markdown, Google Takeout's zip; files, or a folder of them.

    Notes that were imported before are not imported again. The server must not be running; a running server imports on
    its page and with POST /api/imports.
    """
    wanted = ImportOptions(**{name: flags.pop(name) for name in ImportOptions.model_fields})
    with cli_errors():
        settings = load(flags)
        with progress("Importing") as report:
            outcome = asyncio.run(offline.import_files(settings, board_id, paths, wanted, report))
    _name_problems(outcome)
    click.echo(summary(outcome, dry_run=wanted.dry_run))
    if wanted.dry_run and outcome.created:
        these = "this note" if outcome.created == 1 else f"these {notes(outcome.created)}"
        click.echo(f"Without --dry-run it imports {these}.", err=True)


def _name_problems(outcome: Outcome) -> None:
    for problem in outcome.problems:
        click.echo(f"{problem.entry}: {problem.reason}", err=True)
    if outcome.skipped > len(outcome.problems):
        click.echo(f"and {outcome.skipped - len(outcome.problems):,} more", err=True)
    for part in outcome.lost:
        click.echo(f"not imported of {notes(part.entries)}: {part.what}, such as “{part.example}”", err=True)


@click.command("export")
@click.argument("target", metavar="[FILE]", default="-", type=click.Path(path_type=Path, allow_dash=True))
@BOARD_OPTION
@click.option("--format", "kind", type=click.Choice(["json", "csv", "markdown"]), default="json", help="Default: json.")
@options(DATA_OPTIONS)
def export_notes(target: Path, board_id: int, kind: Any, **flags: Any) -> None:
    """Export a board's notes to FILE, or to standard output; also while the server runs.

    json contains everything and can be imported without loss; csv is a table, markdown a zip with a file for each note.
    """
    with cli_errors():
        settings = load(flags)
        require_file(settings.database)
        with _target(target) as file, progress("Exporting") as report:
            count = asyncio.run(offline.export_board(settings, board_id, kind, file.write, report))
    click.echo(f"{count:,} notes", err=True)


@contextmanager
def _target(target: Path) -> Iterator[IO[bytes]]:
    """A new file, removed when it is not written to its end; or standard output."""
    if str(target) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.exists():
        raise click.ClickException(f"{target} exists already")
    try:
        with open_file(target, "xb") as file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise
