"""Every setting: its type, unit, range and default."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from quart_notes.schemas.origins import Origin, host_in, origin_in

ROOT_PATH = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9_.~-]+)*")
OLLAMA_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9_.~-]+)*/?")
PUBLIC_URL = re.compile(r"([^/]*//[^/]*)(.*?)/?")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,199}")
POSTGRES = ("postgres://", "postgresql://")
TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")  # libpq's


class SettingsError(Exception):
    """A setting has an invalid value; the message names the setting, the error and the range."""


@dataclass(frozen=True)
class Postgres:
    """A database of a PostgreSQL server, and how it is used. Its text has no user, password and options.

    url      postgres://user:password@host:port/database?sslmode=..., as libpq understands it
    pool     connections for reading
    timeout  seconds a statement may take
    """

    url: str = field(repr=False)
    pool: int
    timeout: int

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        query = parse_qs(parts.query)
        return f"postgres://{parts.netloc.rpartition('@')[2] or query.get('host', ['localhost'])[-1]}{parts.path}"


def _listed(value: Any) -> Any:
    """A list from a flag or a variable: words with commas or blanks between them."""
    return [word for word in re.split(r"[\s,]+", value) if word] if isinstance(value, str) else value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


List = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Number = Annotated[int, BeforeValidator(_number)]


class Settings(BaseModel):
    """The settings of the operator.

    description   the help of the command-line option, where `{default}` stands for the default; docs/configuration.md
                  says more
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    bind: str = Field(
        "127.0.0.1:8000",
        description="host:port, [v6 address]:port or unix:/path (default: {default}).",
    )
    data: Path = Field(Path("data"), description="Folder for the database (default: ./data).")
    database_url: str | None = Field(
        None,
        repr=False,
        description="sqlite:///path/to/file or postgres://host/database, not a file in the data folder.",
    )
    database_pool: Number = Field(
        8, ge=1, le=1000, description="PostgreSQL: connections for reading (default: {default})."
    )
    database_timeout: Number = Field(
        30, ge=1, le=3600, description="PostgreSQL: seconds that a statement may take (default: {default})."
    )
    access: Literal["open", "accounts"] = Field(
        "open",
        description="open: no sign-in (the default); accounts: people sign in, and come by invitation.",
    )
    open_to_network: bool = Field(False, description="Listen beyond loopback without sign-in.")
    server_config: Path | None = Field(None, description="The hypercorn.toml to read.")
    access_log: bool = Field(False, description="Write a line for each request to standard output.")
    log_format: Literal["text", "json"] = Field(
        "text", description="text: lines for people; json: an object a line (default: {default})."
    )
    metrics_bind: str | None = Field(
        None,
        description="Where Prometheus may ask for /metrics, such as 127.0.0.1:9464 (default: nowhere).",
    )
    workers: Number = Field(1, ge=1, le=64, description="Processes that serve (default: {default}).")
    worker_timeout: Number = Field(
        30, ge=1, le=3600, description="Seconds a worker may hang before it is replaced (default: {default})."
    )
    max_connections: Number = Field(
        10_000, ge=8, le=1_000_000, description="Open connections at most (default: {default})."
    )
    drain: Number = Field(
        0,
        ge=0,
        le=300,
        description="Seconds to keep serving when told to stop, not ready (default: {default}).",
    )
    proxy_hops: Number = Field(
        0,
        ge=0,
        le=10,
        description="Proxies in front whose X-Forwarded headers count (default: {default}).",
    )
    hosts: List = Field(
        (),
        description="Names that people reach it by, separated by commas (default: see the documentation).",
    )
    public_url: str | None = Field(
        None, description="Its public address, for links: https://notes.example.org (default: as asked)."
    )
    origins: List = Field((), description="Origins whose pages may use the API, with commas between (default: none).")
    hsts: Number = Field(
        0,
        ge=0,
        le=63_072_000,
        description="Seconds that browsers then ask by https only (default: {default}, no header).",
    )
    root_path: str = Field("", description="URL prefix behind a proxy, e.g. /notes.")
    log_days: Number = Field(7, ge=1, le=3650, description="Days an event can be replayed (default: {default}).")
    log_rows: Number = Field(
        100_000, ge=100, le=100_000_000, description="Events kept for replay at most (default: {default})."
    )
    trash_days: Number = Field(
        30, ge=1, le=3650, description="Days a deleted thing can be restored (default: {default})."
    )
    history_days: Number = Field(
        365, ge=1, le=3650, description="Days an earlier state of a note is kept (default: {default})."
    )
    notification_days: Number = Field(
        90, ge=1, le=3650, description="Days a notification is kept (default: {default})."
    )
    ollama_url: str = Field(
        "http://127.0.0.1:11434",
        description="The assistant's Ollama server (default: {default}); none: no assistant.",
    )
    ollama_model: str = Field("llama3.2", description="The model that answers (default: {default}).")
    assistant_answers: Number = Field(4, ge=1, le=64, description="Answers written at once (default: {default}).")
    assistant_timeout: Number = Field(
        120, ge=1, le=3600, description="Seconds for the first word of an answer (default: {default})."
    )
    max_import_bytes: Number = Field(
        64 << 20, ge=1024, le=1 << 40, description="Bytes of an import's files at most (default: {default})."
    )
    max_kept_import_bytes: Number = Field(
        256 << 20,
        ge=1024,
        le=1 << 40,
        description="Bytes that one person's unfinished imports may take (default: {default}).",
    )
    stream_road: Literal["direct", "send"] = Field(
        "direct",
        description="direct or send: how live events leave (default: {default}).",
    )

    @field_validator("bind", "metrics_bind")
    @classmethod
    def _check_bind(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if value.startswith("unix:"):
            if len(value) == len("unix:"):
                raise ValueError("unix: needs a path after it")
            return value
        _, _, port = value.rpartition(":")
        if not host_of(value) or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise ValueError("must be host:port (port 0 to 65535), [v6 address]:port or unix:/path")
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = [host_in(name) for name in value]
        if not all(
            host and host.port is None and not name.endswith(":") for host, name in zip(found, value, strict=True)
        ):
            raise ValueError("must be names such as notes.example.org, without scheme and port")
        return tuple(host.name.removesuffix(".") for host in found if host)

    @field_validator("origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = [origin_in(text) for text in value]
        if not all(found):
            raise ValueError("must be like https://app.example.org or http://localhost:3000, without a path")
        return tuple(map(str, found))

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        found = None if value is None else PUBLIC_URL.fullmatch(value)
        if value is not None and (found is None or origin_in(found[1]) is None or not ROOT_PATH.fullmatch(found[2])):
            raise ValueError("must be like https://notes.example.org, or https://example.org/notes with a root_path")
        return found and f"{origin_in(found[1])}{found[2]}"

    @field_validator("root_path")
    @classmethod
    def _check_root_path(cls, value: str) -> str:
        value = value.rstrip("/")
        if not ROOT_PATH.fullmatch(value):
            raise ValueError("must be like /notes: each part after a single /, of letters, digits, _ . ~ and -")
        return value

    @field_validator("ollama_url")
    @classmethod
    def _check_ollama_url(cls, value: str) -> str:
        if value in {"", "none"}:
            return ""
        if not OLLAMA_URL.fullmatch(value):
            raise ValueError("must be like http://host:11434 or https://host/prefix, or none for no assistant")
        return value.rstrip("/")

    @field_validator("ollama_model")
    @classmethod
    def _check_ollama_model(cls, value: str) -> str:
        if not MODEL_NAME.fullmatch(value):
            raise ValueError("must be a name such as llama3.2 or hf.co/someone/model:Q4_K_M")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if value.startswith(POSTGRES):
            _check_postgres(value)
        elif not value.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// or postgres://")
        elif Path(value.removeprefix("sqlite:///")).name in {"", ".."}:
            raise ValueError("must name a file after sqlite:///")
        return value

    @field_validator("data", "server_config", mode="before")
    @classmethod
    def _check_path(cls, value: Any) -> Any:
        if value == "":
            raise ValueError("must not be empty")
        return value

    @model_validator(mode="after")
    def _check_exposure(self) -> "Settings":
        if not (self.guarded or is_loopback(self.bind)):
            raise ValueError(
                f"bind: {self.bind} is reachable from the network, and in open mode anybody who reaches it can read and"
                " change everything. Have people sign in with --access accounts (QUART_NOTES_ACCESS=accounts), bind to"
                " 127.0.0.1, or say --open-to-network (QUART_NOTES_OPEN_TO_NETWORK=true) if that is what you want."
            )
        return self

    @model_validator(mode="after")
    def _check_public_path(self) -> "Settings":
        if self.public_url is not None and self.public_url.removeprefix(str(self.public_origin)) not in {
            "",
            self.root_path,
        }:
            raise ValueError(f"public_url: its path must be that of root_path, {self.root_path or 'which is empty'}")
        return self

    @property
    def public_origin(self) -> Origin | None:
        """The origin of `public_url`."""
        found = self.public_url and PUBLIC_URL.fullmatch(self.public_url)
        return origin_in(found[1]) if found else None

    @property
    def public_base(self) -> str | None:
        """The start of links to the server, if `public_url` is set; no slash at the end."""
        return self.public_origin and f"{self.public_origin}{self.root_path}"

    @property
    def known_hosts(self) -> frozenset[str]:
        """The names by which people reach the server."""
        return frozenset((*self.hosts, *([self.public_origin.host] if self.public_origin else [])))

    @property
    def guarded(self) -> bool:
        """Whether it may be reached from the network: people sign in, or the operator has allowed it explicitly."""
        return self.open_to_network or self.access == "accounts"

    @property
    def database(self) -> Path | Postgres:
        """The SQLite file, or the database of a PostgreSQL server."""
        if self.database_url is None:
            return self.data / "quart-notes.sqlite3"
        if self.database_url.startswith(POSTGRES):
            return Postgres(self.database_url, self.database_pool, self.database_timeout)
        return Path(self.database_url.removeprefix("sqlite:///"))


def _check_postgres(url: str) -> None:
    """ValueError for an invalid URL; the message does not repeat what may be a password."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        port = parts.port
    except ValueError:
        raise ValueError("must be like postgres://user:password@host:port/database?sslmode=verify-full") from None
    if port == 0 or parts.fragment or not (parts.hostname or "host" in query):
        raise ValueError("must name a host: postgres://host/database, or postgres:///database?host=/run/postgresql")
    if "@" in parts.path:  # a part of a password that has a slash would be read as the name of the database, and shown
        raise ValueError("must have a / in a password written as %2F, and an @ in a name as %40")
    if not parts.path.strip("/") or "/" in parts.path.strip("/"):
        raise ValueError("must name a database: postgres://host/database")
    if query.get("sslmode", ["prefer"])[-1] not in TLS_MODES:
        raise ValueError(f"sslmode must be one of {', '.join(TLS_MODES)}")


def host_of(bind: str) -> str:
    """The host of `host:port`, without brackets."""
    return bind.rpartition(":")[0].strip("[]")


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach an address."""
    if bind.startswith("unix:"):
        return True
    host = host_of(bind)
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
