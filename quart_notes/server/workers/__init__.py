"""`serve --workers N`: one process that holds the sockets, and N that serve behind them.

supervisor       starts the workers, restarts those that die, ends all of them
worker           a worker's process: `python -m quart_notes.server.workers.worker`
worker_process   that process, seen from the supervisor
child_process    what there is to any process that has a supervisor, and `control_channel` the other end of it

What a worker gets from the supervisor, and how workers tell each other of commits, is in `cluster`.
"""
