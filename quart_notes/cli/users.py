"""`quart-notes user`: people and their access, for an operator who cannot sign in."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from quart_notes.cli import offline
from quart_notes.cli.common import DATA_OPTIONS, cli_errors, options, require_file
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.live.writer import Committed
from quart_notes.schemas import UserOut
from quart_notes.settings_sources import load

T = TypeVar("T")
NICKNAME = click.argument("nickname", metavar="NICK")


@click.group()
def user() -> None:
    """List people, set passwords, appoint administrators, make guests, deactivate and reactivate people.

    The server must not be running, except for `list`.
    """


@user.command("list")
@options(DATA_OPTIONS)
def list_users(**flags: Any) -> None:
    """Print a line for each person: number, nickname, name, e-mail, and status."""
    with cli_errors():
        settings = load(flags)
        require_file(settings.database)
        people = asyncio.run(offline.offline_users(settings))
    for person in people:
        marks = [word for word in ("admin", "guest", "deactivated") if getattr(person, word)]
        click.echo("\t".join([str(person.id), person.nickname, person.name, person.email or "", " ".join(marks)]))


@user.command()
@NICKNAME
@options(DATA_OPTIONS)
def password(nickname: str, **flags: Any) -> None:
    """Set a person's password; their sessions, tokens and links to set one end.

    The command asks for it twice, or reads it as a line from standard input if that is no terminal.
    """
    if sys.stdin.isatty():
        given = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    person = _write(flags, lambda core: core.accounts.reset_password(nickname, given))
    click.echo(f"{person.nickname} signs in with the new password." + _note(person))


def _note(person: UserOut) -> str:
    return " But they are deactivated: see `quart-notes user activate`." if person.deactivated else ""


@user.command()
@NICKNAME
@click.option("--remove", is_flag=True, help="Remove somebody as administrator.")
@options(DATA_OPTIONS)
def admin(nickname: str, remove: bool, **flags: Any) -> None:
    """Make a person an administrator."""
    person = _change(flags, nickname, lambda core, user_id: core.profiles.set_admin(ANYBODY, user_id, admin=not remove))
    click.echo(f"{person.nickname} is {'no' if remove else 'an'} administrator now." + _note(person))


@user.command()
@NICKNAME
@click.option("--remove", is_flag=True, help="Make a guest a member of the server.")
@options(DATA_OPTIONS)
def guest(nickname: str, remove: bool, **flags: Any) -> None:
    """Make a person a guest, who sees only the boards and closed rooms that they are a member of."""
    person = _change(flags, nickname, lambda core, user_id: core.profiles.set_guest(ANYBODY, user_id, guest=not remove))
    click.echo(f"{person.nickname} is {'a member of the server' if remove else 'a guest'} now." + _note(person))


@user.command()
@NICKNAME
@options(DATA_OPTIONS)
def deactivate(nickname: str, **flags: Any) -> None:
    """Deactivate a person; their notes and messages stay."""
    person = _change(flags, nickname, lambda core, user_id: core.profiles.deactivate(ANYBODY, user_id))
    click.echo(f"{person.nickname} cannot sign in any more.")


@user.command()
@NICKNAME
@options(DATA_OPTIONS)
def activate(nickname: str, **flags: Any) -> None:
    """Reactivate a person."""
    person = _change(flags, nickname, lambda core, user_id: core.profiles.activate(ANYBODY, user_id))
    click.echo(f"{person.nickname} can sign in again.")


def _change(
    flags: dict[str, Any], nickname: str, change: Callable[[Core, int], Awaitable[Committed[UserOut]]]
) -> UserOut:
    """The person after a change."""

    async def work(core: Core) -> UserOut:
        return (await change(core, await core.profiles.id_of(nickname))).result

    return _write(flags, work)


def _write(flags: dict[str, Any], work: Callable[[Core], Awaitable[T]]) -> T:
    async def run() -> T:
        async with offline.offline_core(load(flags)) as core:
            return await work(core)

    with cli_errors():
        return asyncio.run(run())
