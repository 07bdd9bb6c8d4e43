"""Which words and titles are in blocks of notes and of messages, so that a search looks through few of them."""

from typing import Literal

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import choice


class SearchBlock(Model):
    """The words of a block: all of its rows as of an event that SearchHead names, or a later one.

    first_id   the smallest id of the block
    words      each word once, a line each, as in `search_text`; none of deleted rows; null: too many of them.
               Of a block of the kind title it has the titles of notes (domain.search.titles)
    """

    id = fields.BigIntField(primary_key=True)
    kind: Literal["note", "message", "title"] = choice(8)
    first_id = fields.BigIntField()
    words = fields.TextField(null=True)

    class Meta:
        table = "search_block"
        unique_together = (("kind", "first_id"),)


class SearchHead(Model):
    """The one row that says how far the blocks are: what later events changed may have other words."""

    id = fields.IntField(primary_key=True)
    number = fields.BigIntField(default=0)

    class Meta:
        table = "search_head"
