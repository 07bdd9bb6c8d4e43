"""From one kind of database to the other, and back from a copy."""
