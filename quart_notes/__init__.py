"""A live notes board that people run themselves.

A change flows one way: a blueprint (HTTP or websocket) hands validated input to the domain, the domain
records rows and events on one change, the writer commits both together and then publishes, the broadcaster
carries the encoded event to every reader, and each page fills its cards from what it hears.

Where things live:

=================  ====================================================================
settings           every knob, read once (settings_sources) from flags, environment and file
schemas, models    the shapes that cross an edge; the tables
events             topics and the closed catalogue of events
errors             everything that can be answered with a problem
database           connections, migrations, health
backups            whole copies, made and put back
writer             the only task that writes: rows and events in one transaction
event_log          events by number: append, since, prune
broadcaster        in-memory fan-out, bounded and ordered, with its channel and reader
feed               the log first, then live, without a gap
outlets            how an event's bytes reach a connection
domain/            the rules, one file a noun
blueprints/        the edges: routes, pages, guards, errors, live streams
transport/         our corner of hypercorn: what connections show and refuse
server             start and stop
cli                the command line
=================  ====================================================================
"""

from quart_notes.app import create_app
from quart_notes.version import __version__

__all__ = ["__version__", "create_app"]
