-- The tables after migration 0030_note_threads. Written by `make tables`: do not edit.
CREATE TABLE "tortoise_migrations" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "app" VARCHAR(255) NOT NULL,
    "name" VARCHAR(255) NOT NULL,
    "applied_at" TIMESTAMP NOT NULL,
    CONSTRAINT "uid_tortoise_mi_app_3803a5" UNIQUE ("app", "name")
);
CREATE TABLE "log_head" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "epoch" VARCHAR(16) NOT NULL,
    "newest" BIGINT NOT NULL,
    "pruned" BIGINT NOT NULL
);
CREATE TABLE "event_log" (
    "number" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "topic" VARCHAR(64) NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMP NOT NULL
, "subject" VARCHAR(32));
CREATE TABLE "note" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "title" VARCHAR(200),
    "description" TEXT,
    "done" INT NOT NULL,
    "version" INT NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "updated_at" TIMESTAMP NOT NULL,
    "deleted_at" TIMESTAMP,
    "search_text" TEXT NOT NULL
, "board_id" BIGINT NOT NULL DEFAULT 1, "origin" VARCHAR(100), "pinned" INT NOT NULL DEFAULT 0, "created_by" BIGINT, "updated_by" BIGINT, "done_at" TIMESTAMP, "done_by" BIGINT, "content_json" TEXT, "tasks_done" INT NOT NULL DEFAULT 0, "tasks_total" INT NOT NULL DEFAULT 0, "changes" VARCHAR(200), "changes_since" TIMESTAMP, "deleted_by" BIGINT, "moved_rank" VARCHAR(64), "archived_at" TIMESTAMP, "colour" VARCHAR(10) NOT NULL DEFAULT 'none', "labels_json" TEXT, "imported_at" TIMESTAMP, "thread_id" BIGINT, "message_count" INT NOT NULL DEFAULT 0, "last_message_id" BIGINT, "thread_unsent" INT NOT NULL DEFAULT 0);
CREATE TABLE "user" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "nickname" VARCHAR(32) NOT NULL,
    "nickname_key" VARCHAR(128) NOT NULL UNIQUE,
    "read_from" BIGINT NOT NULL,
    "created_at" TIMESTAMP NOT NULL
, "is_admin" INT NOT NULL DEFAULT 0, "password_hash" VARCHAR(200), "deactivated_at" TIMESTAMP, "replay_after" BIGINT NOT NULL DEFAULT 0, "is_guest" INT NOT NULL DEFAULT 0);
CREATE TABLE "room" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" VARCHAR(8) NOT NULL,
    "name" VARCHAR(80),
    "name_key" VARCHAR(320)  UNIQUE,
    "created_at" TIMESTAMP NOT NULL,
    "lower_id" BIGINT REFERENCES "user" ("id") ON DELETE RESTRICT,
    "upper_id" BIGINT REFERENCES "user" ("id") ON DELETE RESTRICT, "created_by" BIGINT, "closed" INT NOT NULL DEFAULT 0, "archived_at" TIMESTAMP, "deleted_at" TIMESTAMP, "note_id" BIGINT, "board_id" BIGINT,
    CONSTRAINT "uid_room_lower_i_c932f4" UNIQUE ("lower_id", "upper_id")
);
CREATE INDEX "idx_room_upper_i_98d792" ON "room" ("upper_id");
CREATE TABLE "message" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "guest" VARCHAR(32),
    "content" TEXT NOT NULL,
    "client_key" VARCHAR(64),
    "version" INT NOT NULL,
    "date" TIMESTAMP NOT NULL,
    "edited_at" TIMESTAMP,
    "deleted_at" TIMESTAMP,
    "author_id" BIGINT REFERENCES "user" ("id") ON DELETE RESTRICT,
    "recipient_id" BIGINT REFERENCES "user" ("id") ON DELETE RESTRICT,
    "room_id" BIGINT NOT NULL REFERENCES "room" ("id") ON DELETE RESTRICT, "answer_error" VARCHAR(300), "answer_state" VARCHAR(8), "asker_id" BIGINT, "question_id" BIGINT, "client_digest" VARCHAR(64), "formatted_json" TEXT, "search_text" TEXT NOT NULL DEFAULT '', "reply_to_id" BIGINT, "reactions_json" TEXT, "reactions_unsent" INT NOT NULL DEFAULT 0, "reactions_by" BIGINT, "deleted_by" BIGINT, "note_id" BIGINT,
    CONSTRAINT "uid_message_author__538d57" UNIQUE ("author_id", "client_key")
);
CREATE INDEX "idx_message_room_id_8c835a" ON "message" ("room_id", "deleted_at", "id", "author_id");
CREATE TABLE "reading" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "last_read_id" BIGINT NOT NULL,
    "room_id" BIGINT NOT NULL REFERENCES "room" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "level" VARCHAR(10),
    CONSTRAINT "uid_reading_user_id_906ead" UNIQUE ("user_id", "room_id")
);
CREATE TABLE "api_token" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "secret_hash" VARCHAR(64) NOT NULL UNIQUE,
    "name" VARCHAR(100) NOT NULL,
    "scope" VARCHAR(8) NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "expires_at" TIMESTAMP,
    "used_at" TIMESTAMP,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_api_token_user_id_2531e3" ON "api_token" ("user_id");
CREATE TABLE "board" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" VARCHAR(8) NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "deleted_at" TIMESTAMP
, "deleted_by" BIGINT, "tick" VARCHAR(10) NOT NULL DEFAULT 'notes');
CREATE TABLE "invitation" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "secret_hash" VARCHAR(64) NOT NULL UNIQUE,
    "kind" VARCHAR(8) NOT NULL,
    "board_id" BIGINT,
    "role" VARCHAR(8),
    "uses_left" INT NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "expires_at" TIMESTAMP NOT NULL,
    "inviter_id" BIGINT REFERENCES "user" ("id") ON DELETE CASCADE,
    "user_id" BIGINT REFERENCES "user" ("id") ON DELETE CASCADE
, "joins_as" VARCHAR(6));
CREATE INDEX "idx_invitation_expires_07d530" ON "invitation" ("expires_at");
CREATE INDEX "idx_invitation_inviter_ad1566" ON "invitation" ("inviter_id");
CREATE TABLE "membership" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "role" VARCHAR(8) NOT NULL,
    "board_id" BIGINT NOT NULL REFERENCES "board" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "replay_after" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "uid_membership_board_i_e46bbf" UNIQUE ("board_id", "user_id")
);
CREATE INDEX "idx_membership_user_id_550878" ON "membership" ("user_id");
CREATE TABLE "preference" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    "value" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_preference_user_id_525ed6" UNIQUE ("user_id", "key")
);
CREATE TABLE "session" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "secret_hash" VARCHAR(64) NOT NULL UNIQUE,
    "proven" INT NOT NULL,
    "board_id" BIGINT NOT NULL,
    "agent" VARCHAR(200) NOT NULL,
    "address" VARCHAR(64) NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "seen_at" TIMESTAMP NOT NULL,
    "expires_at" TIMESTAMP NOT NULL,
    "user_id" BIGINT REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_session_expires_823c67" ON "session" ("expires_at");
CREATE INDEX "idx_session_user_id_23ddbc" ON "session" ("user_id");
CREATE INDEX "idx_note_board_i_eef3fc" ON "note" ("board_id", "deleted_at", "id");
CREATE TABLE "job" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "board_id" BIGINT NOT NULL,
    "kind" VARCHAR(16) NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "options" TEXT NOT NULL,
    "file_name" VARCHAR(255) NOT NULL,
    "folder" VARCHAR(32) NOT NULL,
    "done" INT NOT NULL,
    "total" INT,
    "text" VARCHAR(200) NOT NULL,
    "outcome" TEXT NOT NULL,
    "version" INT NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "updated_at" TIMESTAMP NOT NULL,
    "user_id" BIGINT REFERENCES "user" ("id") ON DELETE CASCADE
, "size" BIGINT NOT NULL DEFAULT 0);
CREATE INDEX "idx_job_state_c9e4ce" ON "job" ("state");
CREATE INDEX "idx_job_user_id_d40a5f" ON "job" ("user_id");
CREATE INDEX note_by_origin ON note (board_id, origin) WHERE origin IS NOT NULL;
CREATE INDEX message_being_answered ON message (id) WHERE answer_state IN ('waiting', 'writing');
CREATE TABLE "server_key" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "key" VARCHAR(64) NOT NULL
);
CREATE TABLE "attempt" (
    "key" VARCHAR(64) NOT NULL  PRIMARY KEY,
    "forgiven_at" REAL NOT NULL
);
CREATE INDEX "idx_attempt_forgive_2c06d8" ON "attempt" ("forgiven_at");
CREATE TABLE "client_key" (
    "key" VARCHAR(64) NOT NULL  PRIMARY KEY,
    "digest" VARCHAR(64) NOT NULL,
    "thing_id" BIGINT NOT NULL
);
CREATE INDEX event_by_subject ON event_log (subject) WHERE subject IS NOT NULL;
CREATE TABLE "note_revision" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "board_id" BIGINT NOT NULL,
    "version" INT NOT NULL,
    "title" VARCHAR(200),
    "description" TEXT,
    "changes" VARCHAR(200),
    "changed_at" TIMESTAMP NOT NULL,
    "changed_by" BIGINT,
    "deleted_at" TIMESTAMP,
    "deleted_by" BIGINT,
    "replaced_at" TIMESTAMP NOT NULL,
    "note_id" BIGINT NOT NULL REFERENCES "note" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_note_revisi_note_id_e3a43f" UNIQUE ("note_id", "version")
);
CREATE INDEX "idx_note_revisi_board_i_d670c7" ON "note_revision" ("board_id", "changed_at");
CREATE INDEX "idx_note_board_i_87bb99" ON "note" ("board_id", "updated_at");
CREATE INDEX note_revision_deleted ON note_revision (board_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX note_moved ON note (board_id, moved_rank) WHERE moved_rank IS NOT NULL;
CREATE INDEX note_open ON note (board_id, pinned DESC, (COALESCE(moved_rank, substr(CAST(1999999999999 - id AS TEXT), 2))), deleted_at, done_at, archived_at) WHERE deleted_at IS NULL AND archived_at IS NULL AND done_at IS NULL;
CREATE INDEX note_done ON note (board_id, done_at DESC, id DESC, deleted_at, archived_at) WHERE deleted_at IS NULL AND archived_at IS NULL AND NOT done_at IS NULL;
CREATE TABLE "label" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(50) NOT NULL,
    "name_key" VARCHAR(200) NOT NULL,
    "colour" VARCHAR(10) NOT NULL DEFAULT 'none',
    "board_id" BIGINT NOT NULL REFERENCES "board" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_label_board_i_b041fb" UNIQUE ("board_id", "name_key")
);
CREATE TABLE "note_label" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "label_id" BIGINT NOT NULL REFERENCES "label" ("id") ON DELETE CASCADE,
    "note_id" BIGINT NOT NULL REFERENCES "note" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_note_label_label_i_14ae3f" UNIQUE ("label_id", "note_id")
);
CREATE INDEX "idx_note_label_note_id_aaa075" ON "note_label" ("note_id");
CREATE TABLE "search_block" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" VARCHAR(8) NOT NULL,
    "first_id" BIGINT NOT NULL,
    "words" TEXT,
    CONSTRAINT "uid_search_bloc_kind_32d8f4" UNIQUE ("kind", "first_id")
);
CREATE TABLE "search_head" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "number" BIGINT NOT NULL
);
CREATE TABLE "room_membership" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "role" VARCHAR(8) NOT NULL,
    "replay_after" BIGINT NOT NULL DEFAULT 0,
    "room_id" BIGINT NOT NULL REFERENCES "room" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_room_member_room_id_2f4774" UNIQUE ("room_id", "user_id")
);
CREATE INDEX "idx_room_member_user_id_8f1aed" ON "room_membership" ("user_id");
CREATE TABLE "reaction" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "emoji" VARCHAR(40) NOT NULL,
    "message_id" BIGINT NOT NULL REFERENCES "message" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reaction_message_c6fe3c" UNIQUE ("message_id", "emoji", "user_id")
);
CREATE INDEX message_by_reply_to ON message (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE INDEX message_with_unsent_reactions ON message (id) WHERE reactions_unsent;
CREATE TABLE "notification" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" VARCHAR(10) NOT NULL,
    "count" INT NOT NULL,
    "created_at" TIMESTAMP NOT NULL,
    "read_at" TIMESTAMP,
    "actor_id" BIGINT REFERENCES "user" ("id") ON DELETE SET NULL,
    "board_id" BIGINT REFERENCES "board" ("id") ON DELETE CASCADE,
    "message_id" BIGINT REFERENCES "message" ("id") ON DELETE CASCADE,
    "note_id" BIGINT REFERENCES "note" ("id") ON DELETE CASCADE,
    "room_id" BIGINT REFERENCES "room" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
);
CREATE INDEX "idx_notificatio_created_0db009" ON "notification" ("created_at");
CREATE INDEX "idx_notificatio_user_id_34957c" ON "notification" ("user_id", "id");
CREATE INDEX notification_message ON notification (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX notification_note ON notification (note_id) WHERE note_id IS NOT NULL;
CREATE INDEX notification_room ON notification (room_id) WHERE room_id IS NOT NULL;
CREATE INDEX notification_board ON notification (board_id) WHERE board_id IS NOT NULL;
CREATE INDEX notification_unread ON notification (user_id) WHERE read_at IS NULL;
CREATE INDEX reading_level ON reading (room_id) WHERE level IS NOT NULL;
CREATE UNIQUE INDEX room_by_note ON room (note_id) WHERE note_id IS NOT NULL;
CREATE INDEX room_by_board ON room (board_id) WHERE board_id IS NOT NULL;
CREATE INDEX room_by_kind ON room (kind, id);
CREATE INDEX note_with_unsent_thread ON note (id) WHERE thread_unsent;
