"""What each kind of caller may do at each route: the table that the access matrix goes by."""

from quart_notes.schemas import Role, RoomRole
from tests.support.routes import ADMINISTRATION, ROOM_SETTINGS, ROUTES

THINGS = ("board_id", "note_id", "message_id", "room_id", "job_id")

# The role that a route requires on its board.
ON_BOARD: dict[str, Role] = {
    **{f"board_notes.{name}": "viewer" for name in ("list_notes", "get_note")},
    "board_transfers.export_notes": "viewer",
    "board_transfers.import_notes": "editor",
    **{f"board_notes.{name}": "editor" for name in ("create_note", "update_note", "delete_note", "restore_note")},
    **{f"board_notes.{name}": "editor" for name in ("add_task", "change_tasks", "notice_editing", "move_note")},
    **dict.fromkeys(("board_notes.open_thread", "front_board_notes.talk"), "editor"),
    **dict.fromkeys(("board_notes.change_notes", "front_board_bulk_changes.change_notes"), "editor"),
    "board_notes.tick_task": "ticker",
    "board_note_history.list_history": "viewer",
    **{f"front_labels.{name}": "editor" for name in ("add", "save", "delete")},
    "labels.list_labels": "viewer",
    **{f"labels.{name}_label": "editor" for name in ("create", "update", "delete")},
    **{f"{front}board_note_history.restore_version": "editor" for front in ("", "front_")},
    **{f"{front}board_note_history.delete_history": "owner" for front in ("", "front_")},
    **dict.fromkeys(("trash.list_trash", "activity.list_activity"), "viewer"),
    **dict.fromkeys(("front_trash.trash", "front_activity.activity"), "viewer"),
    **dict.fromkeys(("trash.delete_note_for_good", "trash.empty_trash", "trash.delete_board_for_good"), "owner"),
    **{f"front_trash.{name}": "owner" for name in ("delete_note", "empty", "delete_board")},
    **{f"front_board_notes.{name}": "viewer" for name in ("board", "note", "edit", "see")},
    **{f"front_board_notes.{name}": "editor" for name in ("add", "save", "delete", "restore", "move")},
    "front_board_notes.change_tasks": "ticker",
    **{f"boards.{name}": "viewer" for name in ("get_board", "list_members")},
    **{f"boards.{name}": "owner" for name in ("update_board", "delete_board", "set_member", "remove_member")},
    "front_boards.board": "viewer",
    "front_transfers.transfer": "viewer",
    "front_transfers.start_import": "editor",
    **{f"front_boards.{name}": "owner" for name in ("save", "set_member", "invite", "delete", "remove_member")},
    **dict.fromkeys(("boards.restore_board", "front_boards.restore"), "owner"),
}
# The role that a route requires in its closed room: the editor is a member, the ticker was one and was removed.
IN_ROOM: dict[str, RoomRole] = {
    **{f"rooms.{name}": "owner" for name in ("update_room", "delete_room", "restore_room", "remove_room_member")},
    **dict.fromkeys(("rooms.list_room_members", "rooms.set_room_member"), "member"),
    **{f"{ROOM_SETTINGS}.{name}": "owner" for name in ("save", "archive", "unarchive", "open_to_all", "close")},
    **{f"{ROOM_SETTINGS}.{name}": "owner" for name in ("delete", "restore", "remove_member")},
    **dict.fromkeys((f"{ROOM_SETTINGS}.settings", f"{ROOM_SETTINGS}.set_member"), "member"),
}
# About a deleted object: its board's, or the board itself, which is hidden from everybody but its owners.
OF_THE_DELETED = {"trash.delete_note_for_good", "front_trash.delete_note"}
OF_DELETED_BOARDS = {
    *("boards.restore_board", "front_boards.restore", "trash.delete_board_for_good", "front_trash.delete_board")
}
FOR_ADMINISTRATORS = {
    *("users.create_user", "front_users.add", "note_history.delete_history", "front_note_history.delete_history")
} | {route.endpoint for route in ROUTES if route.blueprint in ADMINISTRATION}
BETWEEN_TWO = {  # about the conversation of the owner and root, and the owner's message there
    *("rooms.get_room", "rooms.list_room_messages", "rooms.post_message", "rooms.get_presence", "rooms.notice_typing"),
    *(
        "rooms.mark_read",
        "rooms.set_level",
        "messages.get_message",
        "front_rooms.room",
        "front_rooms.post_message",
        "front_rooms.set_level",
        "messages.create_note_of_message",
        "messages.add_reaction",
        "messages.remove_reaction",
        "front_room_messages.message",
        "front_room_messages.make_note",
        "front_room_messages.choose_reaction",
        "front_room_messages.change_reaction",
        "front_rooms.room_at",
    ),
}
OF_ITS_AUTHOR = {"messages.update_message", "front_room_messages.edit", "front_room_messages.save"}
OF_ITS_AUTHOR_OR_ADMINISTRATORS = {
    *("messages.delete_message", "messages.restore_message"),
    *("front_room_messages.delete", "front_room_messages.restore"),
}
OF_ITS_PERSON = {  # a job of the owner
    *(f"jobs.{name}_job" for name in ("get", "cancel", "retry", "import", "delete")),
    *(f"front_jobs.{name}" for name in ("cancel", "retry", "import_after_dry_run", "remove")),
}
OF_WHO_ASKED = {  # about an answer in that conversation to a question of the owner
    *("assistant.stop_answer", "assistant.retry_answer", "front_assistant.stop", "front_assistant.retry"),
}
IN_CONVERSATIONS = {*BETWEEN_TWO, *OF_ITS_AUTHOR, *OF_ITS_AUTHOR_OR_ADMINISTRATORS, *OF_WHO_ASKED}  # and in rooms
WRITES_IN_ROOMS = {  # in a thread they require an editor of its board
    *("rooms.post_message", "rooms.notice_typing", "front_rooms.post_message"),
    *("messages.add_reaction", "messages.remove_reaction", "front_room_messages.change_reaction"),
}
# About Everybody's board, which is nothing to guests, and what only members of the server may do.
OF_EVERYBODY = {
    route.endpoint: 404
    for route in ROUTES
    if route.blueprint
    in {"notes", "note_history", "front_notes", "front_note_history", "front_bulk_changes", "transfers"}
    and route.endpoint not in {"front_notes.board", "front_notes.delete"}
}
FOR_MEMBERS = {
    *("boards.create_board", "front_boards.add", "rooms.create_room", "front_rooms.add"),
    *("invitations.create_invitation", "front_account.invite"),
}
TO_THE_OWNER = {"messages.send_message", "front_messages.send"}
NOT_FOR_GUESTS = {
    "guest": OF_EVERYBODY | {"front_board_notes.set_flag": 404} | dict.fromkeys(FOR_MEMBERS, 403),
}
NOT_FOR_GUESTS["outsider"] = NOT_FOR_GUESTS["guest"] | dict.fromkeys(TO_THE_OWNER, 422)
OTHERWISE_LIKE = {"guest": "editor", "outsider": "stranger"}
GOES_ANYWAY = {"front_board_notes.delete", "front_boards.remove_member"}  # a missing object is no error
ACCOUNT_THINGS = ("session", "token", "invitation")  # requested with ids that do not exist
OWN_ACCOUNT = {"account", "invitations", "front_account"} | ADMINISTRATION
FREE = {"system.version", "system.database_alive", "system.process_alive", "system.ready", "static_files.latest"} | {
    "static_files.versioned"
}
LISTED_ELSEWHERE = {"front_access", "front_me", "live"}  # access, open mode, streams: tested elsewhere
WALKED = [route for route in ROUTES if route.blueprint not in LISTED_ELSEWHERE and route.endpoint != "account.sign_in"]
