"""`serve --workers N`: one process that owns the sockets, and N that serve behind them.

supervisor       starts the workers, restarts those that die, ends all of them
worker           a worker's process: `python -m quart_notes.server.workers.worker`
worker_process   that process, as the supervisor sees it
child_process    the common base of all supervised processes, and `control_channel` its other end

A worker's resources, and the channel between workers, are in `cluster`.
"""
