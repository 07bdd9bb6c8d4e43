"""The command line: `quart-notes`, which serves when it is given no command."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from quart_notes.app import create_app
from quart_notes.cli import backup, offline, transfer, users
from quart_notes.cli import demo as demo_data
from quart_notes.cli.common import DATA_OPTIONS, explained, options
from quart_notes.cli.doctor import checks
from quart_notes.server import serve as server
from quart_notes.server.workers import supervisor
from quart_notes.settings import Settings
from quart_notes.settings_sources import load
from quart_notes.storage import database
from quart_notes.version import __version__

F = TypeVar("F", bound=Callable[..., Any])
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

SERVE_OPTIONS = (
    click.option("--bind", help="host:port, [v6 address]:port or unix:/path (default: 127.0.0.1:8000)."),
    click.option("--access", help="open: no sign-in (the default); accounts: people sign in, and come by invitation."),
    click.option("--open-to-network/--only-this-machine", default=None, help="Listen beyond loopback without sign-in."),
    click.option("--server-config", type=click.Path(path_type=Path), help="The hypercorn.toml to read."),
    click.option(
        "--access-log/--no-access-log", default=None, help="Write a line for each request to standard output."
    ),
    click.option("--log-format", help="text: lines for people; json: an object a line (default: text)."),
    click.option(
        "--metrics-bind", help="Where Prometheus may ask for /metrics, such as 127.0.0.1:9464 (default: nowhere)."
    ),
    click.option("--workers", type=int, help="Processes that serve (default: 1)."),
    click.option("--worker-timeout", type=int, help="Seconds a worker may hang before it is replaced (default: 30)."),
    click.option("--max-connections", type=int, help="Open connections at most (default: 10000)."),
    click.option("--drain", type=int, help="Seconds to keep serving when told to stop, not ready (default: 0)."),
    click.option("--proxy-hops", type=int, help="Proxies in front whose X-Forwarded headers count (default: 0)."),
    click.option(
        "--hosts", help="Names that people reach it by, separated by commas (default: see the documentation)."
    ),
    click.option("--public-url", help="Its public address, for links: https://notes.example.org (default: as asked)."),
    click.option("--origins", help="Origins whose pages may use the API, with commas between (default: none)."),
    click.option("--hsts", type=int, help="Seconds that browsers then ask by https only (default: 0, no header)."),
    click.option("--root-path", help="URL prefix behind a proxy, e.g. /notes."),
    click.option("--log-days", type=int, help="Days an event can be replayed (default: 7)."),
    click.option("--log-rows", type=int, help="Events kept for replay at most (default: 100000)."),
    click.option("--trash-days", type=int, help="Days a deleted thing can be restored (default: 30)."),
    click.option(
        "--ollama-url", help="The assistant's Ollama server (default: http://127.0.0.1:11434); none: no assistant."
    ),
    click.option("--ollama-model", help="The model that answers (default: llama3.2)."),
    click.option("--assistant-answers", type=int, help="Answers written at once (default: 4)."),
    click.option("--assistant-timeout", type=int, help="Seconds for the first word of an answer (default: 120)."),
    click.option("--max-import-bytes", type=int, help="Bytes of an import's files at most (default: 67108864)."),
    click.option(
        "--max-kept-import-bytes",
        type=int,
        help="Bytes that one person's unfinished imports may take (default: 268435456).",
    ),
    click.option("--stream-road", help="direct or send: how live events leave (default: direct)."),
)


class DefaultGroup(click.Group):
    """A group that serves when the first word is no command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front where no command is named."""
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help", "--version"}):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


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
    with explained():
        settings = load(flags)
        server.configure_logging(settings.log_format)
        with server.stops_before_it_serves():
            if settings.workers > 1:
                supervisor.run(settings)
            else:
                server.serve(settings)


@cli.command()
@options(SERVE_OPTIONS, DATA_OPTIONS)
def dev(**flags: Any) -> None:
    """Serve, and follow changes to the code, the templates and the static files: for people who make them."""
    from quart_notes.dev.supervisor import run  # nobody else needs what watches files

    with explained():
        server.configure_logging(load(flags).log_format)
        run(flags)


@cli.command()
@options(DATA_OPTIONS)
def migrate(**flags: Any) -> None:
    """Bring the database's tables up to date; a copy of the old file is kept first."""
    with explained():
        settings = load(flags)
        applied = asyncio.run(_migrate(settings))
    click.echo("Applied: " + ", ".join(applied) if applied else "Nothing to do: the tables are up to date.")


async def _migrate(settings: Settings) -> list[str]:
    opened = database.Database(settings.database, alone=True)
    with database.exclusive(settings.database):
        try:
            return await opened.open()
        finally:
            await opened.close()


@cli.command()
@options(DATA_OPTIONS)
def demo(**flags: Any) -> None:
    """Add three people, some messages and notes, to look around. The server must not be running."""
    with explained():
        settings = load(flags)
        added = asyncio.run(_demo(settings))
    click.echo(f"Added {added.notes} notes, {added.people} people and {added.messages} messages to {settings.database}")


async def _demo(settings: Settings) -> demo_data.Added:
    async with offline.writing(settings) as core:
        return await demo_data.fill(core)


@cli.command("doctor")
@options(SERVE_OPTIONS, DATA_OPTIONS)
def doctor_command(**flags: Any) -> None:
    """Check whether everything is as it should be; exit code 1 when something is not."""
    with explained():
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
    logging.disable()
    with explained():
        app = create_app(load(flags))
        click.echo(json.dumps(app.extensions["QUART_SCHEMA"].openapi_provider.schema(), indent=2, ensure_ascii=False))


for command in (
    backup.backup,
    backup.restore,
    backup.copy_database,
    transfer.import_notes,
    transfer.export_notes,
    users.user,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    cli(prog_name="quart-notes")
