"""Columns as several tables have them."""

from typing import Any

from tortoise import fields


def reference(model: str, on_delete: fields.OnDelete, **options: Any) -> Any:
    """A foreign key, without a relation in the other direction."""
    return fields.ForeignKeyField(f"quart_notes.{model}", related_name=False, on_delete=on_delete, **options)


def choice(max_length: int, **options: Any) -> Any:
    """A text column with one of a few words, which the attribute's type lists."""
    return fields.CharField(max_length, **options)
