"""`serve --workers N`: one process that holds the sockets, and N that serve behind them.

supervisor  starts the workers, restarts those that die, ends all of them
place       what a worker gets from the supervisor: its sockets, its settings, the line between them
siblings    how workers tell each other of commits, and what else they have to say
turns       whose turn it is to write, among processes that share a SQLite file
worker      a worker's process: `python -m quart_notes.server.workers.worker`
process     that process, seen from the supervisor
supervised  what there is to any process that has a supervisor, and `line` the other end of it
"""
