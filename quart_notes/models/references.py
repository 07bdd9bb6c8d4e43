"""References between tables."""

from typing import Any

from tortoise import fields


def reference(model: str, on_delete: fields.OnDelete, **options: Any) -> Any:
    """A foreign key, without a relation in the other direction."""
    return fields.ForeignKeyField(f"quart_notes.{model}", related_name=False, on_delete=on_delete, **options)
