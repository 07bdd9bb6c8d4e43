from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("quart_notes", "0011_name_keys")]

    initial = False

    operations = [
        # All were called alike.
        ops.RunSQL(
            """
            UPDATE board SET name = 'Personal (' || (
              SELECT u.nickname FROM "user" u JOIN membership m ON m.user_id = u.id WHERE m.board_id = board.id LIMIT 1
            ) || ')'
            WHERE kind = 'personal' AND name = 'Personal' AND EXISTS (
              SELECT 1 FROM "user" u JOIN membership m ON m.user_id = u.id WHERE m.board_id = board.id
            )
            """
        ),
    ]
