"""Boards and their members."""

from typing import Literal

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice, reference
from quart_notes.models.users import User
from quart_notes.schemas import BOARD_NAME_MAX, BoardTick, Role


class Board(Model):
    """A board of notes. Board 1 is everybody's, each person has a personal one. Deleted ones are kept for a while."""

    id = fields.BigIntField(primary_key=True)
    kind: Literal["shared", "personal"] = choice(8)
    name = fields.CharField(BOARD_NAME_MAX)
    tick: BoardTick = choice(10, default="notes", db_default="notes")
    created_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)
    deleted_by = fields.BigIntField(null=True)

    class Meta:
        table = "board"


class Membership(Model):
    """What a person may do on a board. Board 1 needs none: it is everybody's."""

    id = fields.BigIntField(primary_key=True)
    board: fields.ForeignKeyRelation[Board] = fields.ForeignKeyField(
        "quart_notes.Board", related_name="memberships", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE, db_index=True)
    role: Role = choice(8)
    replay_after = fields.BigIntField(default=0, db_default=0)  # newest event when it began: none before is replayed

    board_id: int
    user_id: int

    class Meta:
        table = "membership"
        unique_together = (("board", "user"),)
