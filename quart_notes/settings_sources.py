"""Reads the settings, once; the only module that reads the environment.

Precedence: command-line flags, then `QUART_NOTES_*` variables, then the TOML file, then the default. A variable or key
with an empty value is not set.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from quart_notes.settings import Settings, SettingsError

PREFIX = "QUART_NOTES_"
CONFIG_FILE = "quart-notes.toml"  # read from the working folder if it exists

# Variables that Kubernetes and Docker set for a service or a linked container that is called quart-notes, or
# quart-notes-and-more; the names after the prefix, and what tells those apart that might be a misspelt setting.
# source   https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
#          https://docs.docker.com/engine/network/links/#environment-variables
FOREIGN = re.compile(
    r"""([A-Z0-9_]+_)?(
        SERVICE_HOST=.* | SERVICE_PORT(_[A-Z0-9_]+)?=\d+ | PORT=(tcp|udp|sctp)://.*
        | PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR|START|END|PORT_START|PORT_END))?=.* | NAME=/.*
    ) | ENV_[^=]+=.*""",
    re.VERBOSE | re.DOTALL,
)


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    flags    from the command line, by field name; None means not given. `config` names the TOML file
    raises   SettingsError, naming the error and its source
    """
    environ = os.environ if environ is None else environ
    from_flags = {name: value for name, value in (flags or {}).items() if value is not None}
    file, named = _config_file(from_flags, environ)
    from_flags.pop("config", None)
    from_file = _read_file(file, required=named)
    from_environment = _read_environment(environ)
    origin = {
        **dict.fromkeys(from_file, "in the settings file"),
        **{name: f"from {PREFIX}{name.upper()}" for name in from_environment},
        **{name: f"from --{name.replace('_', '-')}" for name in from_flags},
    }
    try:
        return Settings(**{**from_file, **from_environment, **from_flags})
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(item, origin) for item in error.errors())) from None


def config_file(flags: Mapping[str, Any]) -> Path:
    """The TOML file that `load` reads with these flags, whether it exists or not."""
    return _config_file(flags, os.environ)[0]


def _config_file(flags: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Path, bool]:
    """The file, and whether it was named explicitly."""
    file = flags.get("config") or environ.get(PREFIX + "CONFIG", "").strip()
    return Path(file or CONFIG_FILE), bool(file)


def _read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    names = {PREFIX + name.upper(): name for name in Settings.model_fields}
    unknown = sorted(
        key
        for key, value in environ.items()
        if key.startswith(PREFIX)
        and key not in {*names, PREFIX + "CONFIG"}
        and not FOREIGN.fullmatch(f"{key.removeprefix(PREFIX)}={value}")
    )
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: there is no such setting; known are {', '.join(sorted(names))}")
    return {names[key]: value for key, value in environ.items() if key in names and not _is_nothing(value)}


def _is_nothing(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _read_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        lines = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsError(f"config: {path} does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"config: {path} cannot be read: {error}") from None
    return {name: value for name, value in lines.items() if name not in Settings.model_fields or not _is_nothing(value)}


def _explain(item: Any, origin: Mapping[str, str]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if not item["loc"]:
        return message
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return (
            f"{name} ({origin.get(name, '')}): there is no such setting; known are {', '.join(Settings.model_fields)}"
        )
    # In any part of it, an address of a database may contain a password.
    got = "" if name == "database_url" else f"; got {item['input']!r}"
    return f"{name} ({origin.get(name, 'default')}): {message}{got}"
