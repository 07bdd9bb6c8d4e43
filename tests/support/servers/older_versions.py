"""Databases created by older versions of the program."""

import shutil
import sys
from pathlib import Path

import pytest

from quart_notes import migrations
from quart_notes.core import Core
from quart_notes.settings import Settings
from quart_notes.storage.schema_version import APPS

ALL = sorted(file.stem for file in Path(migrations.__file__).parent.glob("0*.py"))


async def made_by(known: int, settings: Settings, folder: Path) -> None:
    """Create the tables as a version with this many migrations did; they are in a new folder within `folder`."""
    package = folder / "old" / "old_migrations"
    package.mkdir(parents=True)
    for name in ("__init__", *ALL[:known]):
        shutil.copy(Path(migrations.__file__).parent / f"{name}.py", package)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(package.parent)
        patch.setitem(APPS["quart_notes"], "migrations", "old_migrations")
        core = Core(settings)
        try:
            assert await core.database.open() == ALL[:known]
            await core.log.open()
        finally:
            await core.database.close()
            for name in [name for name in sys.modules if name.startswith("old_migrations")]:
                del sys.modules[name]
