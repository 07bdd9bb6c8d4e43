"""The shape of the code, checked: who may import whom, and who sees what.

A rule that is in the way is changed here and in docs/architecture.md, on purpose.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

from quart_notes import create_app
from quart_notes.settings import Settings
from tests.modules import MODULES, OURS, PACKAGE, imports

LEAVES = {"version", "settings", "schemas.", "errors", "events", "jsonio", "models.", "origins"}
SAYING = LEAVES - {"models.", "settings"}  # what says something to the outside
STORE = {"broadcaster", "channel", "database", "event_log"}

MAKING = ("mkdir", "makedirs", "mkdtemp", "mkstemp", "touch", "write_text", "write_bytes")  # files and folders
COPYING = {
    *{"backups", "copying", "database", "postgres_tables", "schema_version", "settings", "sqlite_tables", "tables"},
}

# Module (or package, with a dot) → what of ours it may import. "…." stands for all modules of a package.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(LEAVES, LEAVES),
    "settings_sources": {"settings"},
    "access_log": set(),
    "request_id": set(),
    "logs": {"access_log", "request_id"},
    "channel": set(),
    "lean_event": set(),
    "reader": {"channel", "lean_event"},
    "blanking": set(),
    "recent": {"blanking", "channel"},
    "room": set(),
    "broadcaster": {"channel", "reader"},
    "outlets": {"broadcaster", "channel"},
    "response_cache": {"broadcaster"},
    "sqlite_engine": set(),
    "private_files": set(),
    "schema_version": set(),
    "sqlite_file": {"backups", "errors", "private_files"},
    "postgres_transactions": {"postgres_session"},
    "postgres_engine": {"postgres_session", "postgres_transactions", "settings"},
    "postgres_server": {"settings"},
    "tables": set(),
    "sqlite_tables": {"tables"},
    "postgres_tables": {"postgres_engine", "postgres_session", "postgres_transactions", "settings", "tables"},
    "copying": {"database", "postgres_tables", "settings", "sqlite_tables", "tables"},
    "removal": {*COPYING, "blanking", "signing"},
    "postgres_backups": {*COPYING, "private_files"},
    "histogram": set(),
    "turns": set(),
    "leading": {"errors", "private_files"},
    "workers.siblings": {"channel"},
    "workers.place": {"turns", "workers.siblings"},
    "workers.line": set(),
    "workers.supervised": set(),
    "workers.process": {"server", "workers.supervised"},
    "workers.worker": {"server", "database", "settings", "workers.line", "workers.place"},
    "workers.supervisor": {
        "server",
        "transport",
        "blueprints.metrics",
        "database",
        "metrics",
        "settings",
        "workers.place",
        "workers.process",
    },
    "workers": set(),
    "metrics": {"channel", "core", "errors", "event_log", "histogram", "outlets", "version"},
    "backups": {"events", "private_files", "schema_version"},
    "database": {"errors", "private_files", "schema_version", "settings", "sqlite_file", "postgres_server", "turns"},
    "event_log": {*LEAVES, "blanking", "channel", "database", "recent"},
    "postgres_session": {"settings"},
    "postgres_notices": {"channel", "errors", "postgres_session", "settings"},
    "follower": {"broadcaster", "channel", "errors", "event_log"},
    "writer": {*LEAVES, "channel", "database", "event_log", "follower", "histogram"},
    "feed": {*LEAVES, "broadcaster", "channel", "reader", "event_log"},
    "parcels": set(),
    "peers": {"parcels"},
    "parts": {"schemas."},
    "elsewhere": {"parts", "peers", "schemas."},
    "presence": {*SAYING, "broadcaster", "channel", "elsewhere", "peers"},
    "signing": {"database", "models.", "private_files"},
    "throttle": set(),
    "thoughts": set(),
    "ollama": {"schemas.", "domain.prompts", "thoughts"},
    "assistant": {*LEAVES, "broadcaster", "channel", "domain.answers", "domain.prompts", "ollama"},
    "gate": {*LEAVES, "broadcaster", "channel", "database", "domain."},
    "transfer.": {"schemas.", "errors", "jsonio", "private_files", "transfer."},
    "jobs": {*LEAVES, "broadcaster", "channel", "domain.imports", "domain.jobs", "transfer."},
    "domain.": {*LEAVES, "database", "domain.", "event_log", "throttle", "writer"},
    "core": {
        *LEAVES,
        *STORE,
        "room",
        "assistant",
        "jobs",
        "ollama",
        "writer",
        "feed",
        "follower",
        "gate",
        "peers",
        "presence",
        "response_cache",
        "signing",
        "transfer.spool",
        "domain.",
        "postgres_notices",
        "workers.place",
        "workers.siblings",
    },
    "housekeeping": {*LEAVES, "core", "writer"},
    "demo": {"schemas.", "errors", "core", "domain.access", "domain.rooms"},
    "blueprints.": {
        *SAYING,
        "blueprints.",
        "domain.",
        "core",
        "feed",
        "outlets",
        "broadcaster",
        "channel",
        "gate",
        "lean_event",
        "metrics",
        "presence",
        "reader",
        "request_id",
        "response_cache",
        "signing",
        "transfer.",
        "writer",
    },
    "transport.": {*SAYING, "broadcaster", "lean_event", "request_id", "access_log", "logs", "transport."},
    "app": {
        *{*LEAVES, "access_log", "housekeeping", "blueprints.", "core", "database", "domain.access"},
        *{"leading", "postgres_session", "settings_sources", "workers.place"},
    },
    "server": {
        *{"logs", "metrics"},
        *{"app", "transport", "blueprints.metrics", "blueprints.static_files", "core", "database", "settings"},
        "workers.place",
    },
    "dev.": {
        *{
            "server",
            "settings",
            "settings_sources",
            "database",
            "errors",
            "jsonio",
            "core",
            "broadcaster",
            "channel",
            "outlets",
            "dev.",
            *{"workers.line", "workers.supervised"},
        },
        *{"blueprints.errors", "blueprints.headers", "blueprints.static_files"},
    },
    "doctor_host": {"settings", "signing"},
    "doctor_proxies": {"doctor_host", "settings"},
    "doctor": {"server", "backups", "database", "doctor_host", "doctor_proxies", "settings"},
    "offline": {"schemas.", "settings", "core", "database", "domain.", "transfer."},
    "cli_parts": {"server", "database", "errors", "settings", "tables", "transfer.trouble"},
    "cli_copies": {
        "backups",
        "cli_parts",
        "database",
        "postgres_backups",
        "removal",
        "settings",
        "settings_sources",
        "private_files",
    },
    "cli_transfer": {"offline", "cli_parts", "domain.imports", "schemas.", "settings_sources", "private_files"},
    "cli_users": {"core", "offline", "cli_parts", "schemas.", "settings_sources"},
    "cli": {
        "app",
        "cli_copies",
        "cli_parts",
        "cli_transfer",
        "cli_users",
        "dev.supervisor",
        "server",
        "doctor",
        "demo",
        "offline",
        "database",
        "settings",
        "settings_sources",
        "version",
        "workers.supervisor",
    },
    "__main__": {"cli"},
    "": {"app", "version"},
}

# The modules that touch a library of the outside, and nobody else.
TOUCHES: dict[str, set[str]] = {
    "yaml": {"transfer.front_matter"},
    "aiosqlite": {"sqlite_engine"},
    "asyncpg": {"postgres_engine", "postgres_session", "postgres_tables", "postgres_transactions"},
    "tortoise": {
        *{"models.", "domain.", "writer", "event_log", "database", "migrations."},
        *{"sqlite_engine", "sqlite_file", "postgres_engine", "postgres_server", "postgres_transactions"},
    },
    "quart": {"blueprints.", "app", "server", "dev.", "workers.worker"},
    "quart_schema": {"blueprints.", "dev.pages"},
    "jinja2": {"dev.pages"},
    "watchfiles": {"dev.watching"},
    "werkzeug": {"blueprints."},
    "hypercorn": {"server", "transport.", "blueprints.connections"},
    "h11": {"transport."},
    "h2": {"transport."},
    "wsproto": {"transport."},
    "uvloop": {"server"},
    "argon2": {"domain.passwords"},
    "itsdangerous": {"signing"},
    "httpx": {"ollama"},
    "prometheus_client": {"metrics", "blueprints.metrics"},
    "click": {"cli", "cli_copies", "cli_parts", "cli_transfer", "cli_users"},
    "pydantic": {"schemas.", "settings", "settings_sources", "events", "elsewhere", "blueprints."},
    "sqlite3": {"backups", "database", "sqlite_engine", "sqlite_file", "sqlite_tables", "doctor", "cli_parts"},
}


def _ours(tree: ast.Module) -> set[str]:
    return {
        name.removeprefix("quart_notes").lstrip(".") for name in imports(tree) if name.split(".")[0] == "quart_notes"
    }


def _within(name: str, allowed: set[str]) -> bool:
    return any(name == one or (one.endswith(".") and f"{name}.".startswith(one)) for one in allowed)


def _rule(name: str) -> set[str]:
    if name in MAY_IMPORT:
        return MAY_IMPORT[name]
    package = name.split(".", maxsplit=1)[0] + "."
    assert package in MAY_IMPORT, f"{name} has no rule: say in MAY_IMPORT where it stands"
    return MAY_IMPORT[package]


def _calls(tree: ast.Module, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("name", OURS)
def test_a_module_imports_only_what_stands_before_it(name: str):
    forbidden = {one for one in _ours(MODULES[name]) if not _within(one, _rule(name))}

    assert not forbidden


def test_no_rule_is_about_a_module_that_is_not_there():
    for name in {*MAY_IMPORT, *(one for allowed in MAY_IMPORT.values() for one in allowed)}:
        assert any(_within(module, {name}) for module in MODULES), name


def test_nothing_goes_round_in_a_circle():
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done:
            for inner in _ours(MODULES[name]) - {""}:
                visit(inner, (*path, name))
            done.add(name)

    for name in OURS:
        visit(name, ())


@pytest.mark.parametrize("library", TOUCHES)
def test_a_library_is_touched_only_where_it_belongs(library: str):
    users = {name for name, tree in MODULES.items() if any(one.split(".")[0] == library for one in imports(tree))}

    assert users
    assert {name for name in users if not _within(name, TOUCHES[library])} == set()


def test_no_other_library_is_used():
    used = {one.split(".")[0] for tree in MODULES.values() for one in imports(tree)}

    assert used - sys.stdlib_module_names - {"quart_notes"} - set(TOUCHES) == set()


@pytest.mark.parametrize(
    "name",
    [
        "channel",
        "reader",
        "broadcaster",
        "access_log",
        "response_cache",
        "feed",
        "outlets",
        "jsonio",
        "request_id",
        "logs",
        "parcels",
        "peers",
    ],
)
def test_the_core_of_the_feed_needs_nothing_but_the_standard_library(name: str):
    libraries = {one.split(".")[0] for one in imports(MODULES[name])} - {"quart_notes"}

    assert libraries <= sys.stdlib_module_names


def test_nobody_imports_the_application_but_who_starts_it():
    assert {name for name, tree in MODULES.items() if "app" in _ours(tree)} == {"", "cli", "server"}
    assert {name for name, tree in MODULES.items() if "cli" in _ours(tree)} == {"__main__"}


def test_nothing_that_serves_knows_of_what_is_for_those_who_change_the_code():
    knowing = {name for name, tree in MODULES.items() if any(one.startswith("dev") for one in _ours(tree))}

    assert {name for name in knowing if not name.startswith("dev")} == {"cli"}


def test_files_and_folders_are_made_where_their_permissions_are_set():
    making = {name for name, tree in MODULES.items() for way in MAKING if _calls(tree, way)}
    writing = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        if getattr(node.func, "attr", getattr(node.func, "id", "")) == "open"
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(argument, ast.Constant) and {*"wax"} & {*str(argument.value)} and len(str(argument.value)) < 4
    }

    assert making == {"private_files"}
    assert writing == set()


def test_only_the_settings_sources_see_the_environment():
    seeing = set()
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            named = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            attribute = node.attr if isinstance(node, ast.Attribute) else ""
            if {attribute, *named} & {"environ", "environb", "getenv", "putenv"}:
                seeing.add(name)

    assert seeing == {"settings_sources"}


def test_only_the_follower_publishes_what_lasts_and_only_the_domain_records():
    recording = {name for name, tree in MODULES.items() if _calls(tree, "record")}

    assert {name for name, tree in MODULES.items() if _calls(tree, "publish")} == {"follower", "presence", "dev.pages"}
    assert recording
    assert all(name.startswith("domain.") for name in recording), recording
    # Everybody's board, the lobby and the server's key are made before the writer runs, and nobody is told of them.
    # A database is copied while nobody serves it.
    opening = {"postgres_tables", "writer", "event_log", "signing", "domain.boards", "domain.rooms"}
    assert {name for name, tree in MODULES.items() if _calls(tree, "transaction")} <= opening


# Routes.


def test_every_route_has_a_title_that_can_be_published():
    app = create_app(Settings(data=Path("nowhere")))
    for endpoint, view in app.view_functions.items():
        title = (view.__doc__ or "").strip().partition("\n")[0]
        assert title.endswith("."), endpoint


def test_no_two_routes_share_an_address():
    app = create_app(Settings(data=Path("nowhere")))
    seen = [
        (rule.rule, method, rule.websocket)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or {"WS"}) - {"OPTIONS"}
    ]

    assert len(seen) == len(set(seen))


# Markup.


def test_python_makes_no_markup_safe_by_itself():
    assert not [name for name, tree in MODULES.items() if any("markupsafe" in one for one in imports(tree))]
    for file in PACKAGE.rglob("*.py"):
        assert not re.search(r"\bMarkup\(|render_template_string|autoescape", file.read_text(encoding="utf-8")), file
