"""Messages in rooms and direct conversations."""

import json

from tortoise import fields
from tortoise.models import Model

from quart_notes.models.columns import reference
from quart_notes.models.rooms import Room
from quart_notes.models.users import User
from quart_notes.schemas import ANSWER_ERROR_MAX, EMOJI_MAX, ContentNode, ReactionOut


class Message(Model):
    """What somebody said. A deleted one is kept aside for a while, so that a deletion can be undone.

    question   of an answer of the assistant, which then has neither author nor guest: what was asked
    asker      of an answer: who asked, unless it was a guest
    reply_to   the message that it replies to, which may be deleted for good
    reactions_unsent   whether an event with its reactions is still to be sent; indexed where it is (0026)
    reactions_by       who has changed them last
    """

    id = fields.BigIntField(primary_key=True)
    room: fields.ForeignKeyRelation[Room] = reference("Room", fields.RESTRICT)
    author: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True)
    recipient: fields.ForeignKeyNullableRelation[User] = reference("User", fields.RESTRICT, null=True)
    guest = fields.CharField(32, null=True)
    content = fields.TextField()
    formatted_json = fields.TextField(null=True)  # the content's tree (schemas.content); null for a plain text
    search_text = fields.TextField(default="", db_default="")  # the content without case and accents
    client_key = fields.CharField(64, null=True)
    client_digest = fields.CharField(64, null=True)  # of the text that came with the key
    question_id = fields.BigIntField(null=True)
    asker_id = fields.BigIntField(null=True)
    answer_state = fields.CharField(8, null=True)  # waiting, writing (indexed, 0004), done, stopped, failed
    answer_error = fields.CharField(ANSWER_ERROR_MAX, null=True)  # why it failed, for people
    note_id = fields.BigIntField(null=True)  # in a note's thread: that note
    reply_to_id = fields.BigIntField(null=True)  # indexed where it is set (0026)
    reactions_json: str | None = fields.TextField(null=True)  # what `reaction` has, in short; null: none
    reactions_unsent = fields.BooleanField(default=False, db_default=False)
    reactions_by = fields.BigIntField(null=True)
    version = fields.IntField(default=1)
    date = fields.DatetimeField()
    edited_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)
    deleted_by: int | None = fields.BigIntField(null=True)  # null also for deletions of former versions

    room_id: int
    author_id: int | None
    recipient_id: int | None

    class Meta:
        table = "message"
        unique_together = (("author", "client_key"),)
        indexes = (("room_id", "deleted_at", "id", "author_id"),)  # pages, and the whole count of what is unread

    @property
    def formatted(self) -> list[ContentNode] | None:
        """The content's tree."""
        tree: list[ContentNode] | None = None if self.formatted_json is None else json.loads(self.formatted_json)
        return tree

    @property
    def reactions(self) -> list[ReactionOut]:
        """The reactions, as they are returned."""
        reactions: list[ReactionOut] = [] if self.reactions_json is None else json.loads(self.reactions_json)
        return reactions


class Reaction(Model):
    """An emoji that a user has put on a message. The message has a summary: `domain.reactions` writes both."""

    id = fields.BigIntField(primary_key=True)
    message: fields.ForeignKeyRelation[Message] = reference("Message", fields.CASCADE)
    user: fields.ForeignKeyRelation[User] = reference("User", fields.CASCADE)
    emoji = fields.CharField(EMOJI_MAX)

    message_id: int
    user_id: int

    class Meta:
        table = "reaction"
        unique_together = (("message", "emoji", "user"),)
