"""The order of the notes of a board: as pages show it, and as moves make it."""
