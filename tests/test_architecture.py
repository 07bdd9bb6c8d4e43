"""The architecture as tests: layers, libraries, and responsibilities.

To change a rule, change it here and in docs/architecture.md.
"""

import ast
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from quart_notes import create_app
from quart_notes.settings import Settings
from quart_notes.storage.sqlite.new_tables import HEAD, SCHEMA
from tests.support.cases import check_each
from tests.support.source_modules import MODULES, OURS, PACKAGE, imports

CLIENTS = {"Client", "AsyncClient", "request", "stream", "get", "options", "head", "post", "put", "patch", "delete"}
MAKING = ("mkdir", "makedirs", "mkdtemp", "mkstemp", "touch", "write_text", "write_bytes")  # files and folders
FILES_MAX = 30  # in a folder
CROWDED = {"migrations", "browser"}  # folders that may hold more

# From the bottom up. A module imports only from lower layers, or from its own package.
LAYERS: list[set[str]] = [
    {
        "version",
        "errors",
        "file_locks",
        "patching",
        "private_files",
        "schemas",
        "settings",
        "settings_sources",
    },  # these may import each other
    {"models", "transfer"},
    {"storage"},
    {"live"},
    {"cluster", "domain"},
    {"background"},
    {"core"},
    {"web"},
    {"blueprints"},
    {"app"},
    {"server"},
    {"dev"},
    {"cli", ""},
    {"__main__"},
]

# Library → the only packages or modules that may use it.
TOUCHES: dict[str, set[str]] = {
    "yaml": {"transfer.front_matter"},
    "markdown_it": {"domain.text.markdown"},
    "typing_extensions": {"schemas.content", "schemas.fields", "schemas.messages"},
    "aiosqlite": {"storage.sqlite"},
    "asyncpg": {"storage.postgres"},
    "sqlite3": {"storage", "cli"},
    "tortoise": {"models", "migrations", "storage", "domain", "live.event_log", "live.writer"},
    "quart": {"web", "blueprints", "app", "server", "dev"},
    "quart_schema": {"web", "blueprints", "dev.reload"},
    "jinja2": {"dev.error_page", "dev.reload"},
    "watchfiles": {"dev.file_watcher"},
    "werkzeug": {"web", "blueprints", "server.metrics"},
    "hypercorn": {"server", "web.asgi_connections"},
    "h11": {"server.transport"},
    "h2": {"server.transport"},
    "wsproto": {"server.transport"},
    "uvloop": {"server"},
    "brotli": {"web.content_codings"},
    "argon2": {"domain.passwords"},
    "itsdangerous": {"storage.signing_key"},
    "httpx": {"background.ollama", "cli.doctor.proxies"},
    "prometheus_client": {"server"},
    "click": {"cli"},
    "pydantic": {
        *{"schemas", "settings", "settings_sources", "live.events", "cluster.presence_replication"},
        *{"web", "blueprints", "dev.script_types"},
    },
}


def _ours(tree: ast.Module) -> set[str]:
    return {
        name.removeprefix("quart_notes").lstrip(".") for name in imports(tree) if name.split(".")[0] == "quart_notes"
    }


def _within(name: str, packages: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def _layer(name: str) -> int:
    package = name.split(".", maxsplit=1)[0]
    found = [number for number, packages in enumerate(LAYERS) if package in packages]
    assert found, f"{name} is in no layer: say in LAYERS where it stands"
    return found[0]


def _calls(tree: ast.Module, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
        for node in ast.walk(tree)
    )


def test_a_module_imports_only_from_lower_layers():
    above = {
        f"{name} imports {other}"
        for name in OURS
        for other in _ours(MODULES[name])
        if other.split(".", maxsplit=1)[0] != name.split(".", maxsplit=1)[0]
        and (_layer(other) > _layer(name) or (_layer(other) == _layer(name) > 0))
    }

    assert not above


def test_every_package_is_in_exactly_one_layer():
    packages = {name.split(".", maxsplit=1)[0] for name in OURS}

    assert sorted(packages) == sorted(package for layer in LAYERS for package in layer)


def test_a_folder_has_a_limited_number_of_files():
    roots = [PACKAGE, *(PACKAGE.parent / name for name in ("bench", "templates", "tests"))]
    files = [file for root in roots for file in root.rglob("*") if file.suffix in {".py", ".js", ".css", ".html"}]
    sizes = Counter(file.parent for file in files)

    assert not {str(folder): size for folder, size in sizes.items() if size > FILES_MAX and folder.name not in CROWDED}


def test_blueprints_are_defined_only_in_their_package():
    making = {
        name
        for name, tree in MODULES.items()
        if any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Blueprint" for node in ast.walk(tree))
    }
    modules = {name for name, tree in MODULES.items() if name.startswith("blueprints.") and len(tree.body) > 1}

    assert {name for name in making if name.startswith(("web.", "blueprints."))} == modules


def test_no_two_public_classes_share_a_name():
    names = Counter(
        node.name
        for name, tree in MODULES.items()
        if not name.startswith("migrations.")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_imports_have_no_cycles():
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
def test_a_library_is_used_only_in_its_packages(library: str):
    users = {name for name, tree in MODULES.items() if any(one.split(".")[0] == library for one in imports(tree))}

    assert users
    assert {name for name in users if not _within(name, TOUCHES[library])} == set()


def test_no_other_library_is_used():
    used = {one.split(".")[0] for tree in MODULES.values() for one in imports(tree)}

    assert used - sys.stdlib_module_names - {"quart_notes"} - set(TOUCHES) == set()


@pytest.mark.parametrize(
    "name",
    [
        "live.channel",
        "live.subscriber",
        "live.broadcaster",
        "web.access_log_filter",
        "live.response_cache",
        "live.feed",
        "live.frames",
        "live.outlets",
        "schemas.strict_json",
        "web.request_ids",
        "server.logs",
        "cluster.fragments",
    ],
)
def test_the_core_of_the_feed_uses_only_the_standard_library(name: str):
    libraries = {one.split(".")[0] for one in imports(MODULES[name])} - {"quart_notes"}

    assert libraries <= sys.stdlib_module_names


def test_only_entry_points_import_the_application():
    assert {name for name, tree in MODULES.items() if "app" in _ours(tree)} == {"", "cli.main", "server.serve"}
    assert {name for name, tree in MODULES.items() if "cli.main" in _ours(tree)} == {"__main__"}


def test_the_server_does_not_import_dev():
    knowing = {name for name, tree in MODULES.items() if any(one.startswith("dev") for one in _ours(tree))}

    assert {name for name in knowing if not name.startswith("dev")} == {"cli.main"}


def test_files_and_folders_are_created_only_where_their_permissions_are_set():
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


def test_only_settings_sources_read_the_environment():
    seeing = set()
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            named = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            attribute = node.attr if isinstance(node, ast.Attribute) else ""
            if {attribute, *named} & {"environ", "environb", "getenv", "putenv"}:
                seeing.add(name)

    assert seeing == {"settings_sources"}


def test_only_the_follower_publishes_logged_events_and_only_the_domain_records_them():
    recording = {name for name, tree in MODULES.items() if _calls(tree, "record")}
    recording.remove("web.fast_routes")  # what a blueprint does when it is registered

    publishing = {name for name, tree in MODULES.items() if _calls(tree, "publish")}
    assert publishing == {"live.follower", "live.presence", "live.online", "dev.reload"}
    assert recording
    assert all(name.startswith("domain.") for name in recording), recording
    # The shared board, the lobby and the signing key are created before the writer runs, without events.
    # A database is copied while no server runs.
    opening = {
        *{"storage.postgres.tables", "storage.signing_key"},
        *{"live.writer", "live.event_log", "domain.boards", "domain.rooms.rooms"},
    }
    assert {name for name, tree in MODULES.items() if _calls(tree, "transaction")} <= opening


def test_new_databases_get_the_tables_of_the_newest_migration():
    """`tests/storage/test_migrations.py` compares the tables themselves."""
    newest = max(file.stem for file in (PACKAGE / "migrations").glob("0*.py"))

    assert SCHEMA.read_text().startswith(HEAD.format(newest)), "run: make tables"


# Routes.


def test_every_route_has_a_title():
    app = create_app(Settings(data=Path("nowhere")))
    for endpoint, view in app.view_functions.items():
        title = (view.__doc__ or "").strip().partition("\n")[0]
        assert title.endswith("."), endpoint


def test_no_two_routes_share_a_path_and_method():
    app = create_app(Settings(data=Path("nowhere")))
    seen = [
        (rule.rule, method, rule.websocket)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or {"WS"}) - {"OPTIONS"}
    ]

    assert len(seen) == len(set(seen))


# Markup.


def test_python_never_bypasses_escaping():
    assert not [name for name, tree in MODULES.items() if any("markupsafe" in one for one in imports(tree))]
    for file in PACKAGE.rglob("*.py"):
        assert not re.search(
            r"\bMarkup\(|render_template_string|autoescape(?!=True)", file.read_text(encoding="utf-8")
        ), file


def test_no_client_of_the_tests_loads_certificates():
    """They take 20 ms, which is longer than most tests; all servers of the tests are on this machine."""
    folder = Path(__file__).parent
    texts = ((file.relative_to(folder), file.read_text()) for file in folder.rglob("*.py"))
    check_each([(file, ast.parse(text)) for file, text in texts if "httpx." in text], _loads_none)


def _loads_none(module: ast.Module) -> None:
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "httpx"
            and node.func.attr in CLIENTS
        ):
            assert {"verify", "transport"} & {keyword.arg for keyword in node.keywords}, (
                f"verify=False: {ast.unparse(node)}"
            )
