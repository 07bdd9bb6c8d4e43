"""`python -m quart_notes` is `quart-notes`."""

from quart_notes.cli.main import main

main()
