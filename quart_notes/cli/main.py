"""The command line: `quart-notes`, which serves when it is given no command.

A command imports what it needs when it is called: all of it together takes a second.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from quart_notes.cli.common import DATA_OPTIONS, SERVE_OPTIONS, cli_errors, options
from quart_notes.server.garbage_collection import paused_for_imports
from quart_notes.settings_sources import load
from quart_notes.version import __version__

F = TypeVar("F", bound=Callable[..., Any])
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class DefaultGroup(click.Group):
    """A group that serves when the first word is no command, and imports the other commands when one is asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front where no command is named."""
        if not args or (args[0] not in {"-h", "--help", "--version"} and self.get_command(ctx, args[0]) is None):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none. An option is no command."""
        if cmd_name not in self.commands and not cmd_name.startswith("-"):
            self._import_commands()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        self._import_commands()
        return super().list_commands(ctx)

    def _import_commands(self) -> None:
        # Late: a server starts without them, and what they import takes a third as long as its own modules.
        from quart_notes.cli import backup, transfer, users

        for command in (
            *(backup.backup, backup.restore, backup.copy_database),
            *(transfer.import_notes, transfer.export_notes, users.user),
        ):
            self.add_command(command)


@click.group(cls=DefaultGroup, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="quart-notes")
def cli() -> None:
    """A live notes board: every change on every open screen at once.

    Settings come from flags, QUART_NOTES_* variables and quart-notes.toml, in this order.
    """


@cli.command()
@options(SERVE_OPTIONS, DATA_OPTIONS)
def serve(**flags: Any) -> None:
    """Serve the board (the default command)."""
    with paused_for_imports():
        from quart_notes.server import logs
        from quart_notes.server import serve as server

    with cli_errors():
        settings = load(flags)
        logs.configure(settings.log_format)
        with server.stops_before_it_serves():
            if settings.workers > 1:
                from quart_notes.server.workers import supervisor

                supervisor.run(settings)
            else:
                server.serve(settings)


@cli.command()
@options(SERVE_OPTIONS, DATA_OPTIONS)
def dev(**flags: Any) -> None:
    """Serve, and follow changes to the code, the templates and the static files: for people who make them."""
    from quart_notes.dev.supervisor import run
    from quart_notes.server import logs

    with cli_errors():
        logs.configure(load(flags).log_format)
        run(flags)


@cli.command()
@options(DATA_OPTIONS)
def migrate(**flags: Any) -> None:
    """Bring the database's tables up to date; a copy of the old file is kept first."""
    from quart_notes.storage import database

    with cli_errors():
        settings = load(flags)
        with database.exclusive_lock(settings.database):
            applied = asyncio.run(database.Database(settings.database, alone=True).migrate())
    click.echo("Applied: " + ", ".join(applied) if applied else "Nothing to do: the tables are up to date.")


@cli.command()
@options(DATA_OPTIONS)
def demo(**flags: Any) -> None:
    """Add three people, some messages and notes, to look around. The server must not be running."""
    from quart_notes.cli import demo as demo_data

    with cli_errors():
        settings = load(flags)
        added = asyncio.run(demo_data.fill(settings))
    click.echo(f"Added {added.notes} notes, {added.people} people and {added.messages} messages to {settings.database}")


@cli.command("doctor")
@options(SERVE_OPTIONS, DATA_OPTIONS)
def doctor_command(**flags: Any) -> None:
    """Check whether everything is as it should be; exit code 1 when something is not."""
    from quart_notes.cli.doctor import checks

    with cli_errors():
        settings = load(flags)
        findings = checks.examine(settings)
    for finding in findings:
        click.echo(f"{finding.verdict:<5} {finding.subject}: {finding.detail}")
    if any(finding.verdict == "fail" for finding in findings):
        sys.exit(1)


@cli.command()
@options(DATA_OPTIONS)
def openapi(**flags: Any) -> None:
    """Print the OpenAPI document."""
    from quart_notes.app import create_app

    logging.disable()
    with cli_errors():
        app = create_app(load(flags))
        click.echo(json.dumps(app.extensions["QUART_SCHEMA"].openapi_provider.schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line."""
    cli(prog_name="quart-notes")
