"""The benchmark: Quart Notes and its peers, side by side in one run.

__main__    command line: which lines, which systems, how often; run: one measurement after another
lines       what is measured, and the rows of the table; systems/: the systems under test
requests    closed loop: each client sends its next request after a response (loop); mix: with many readers
fanout      open loop: scheduled writes (orders, and writer, a process of its own), timed at every reader
beside      scheduled reads, without readers and with them; search: the highest rate that a system sustains
scale       reads on a board of very many notes
searching   searches in many notes and messages
resume      readers that reconnect; footprint: memory for each connection, seconds to the first response
page        the board in a browser; writes: the limit of the kernel; inserts: that of SQLite
notify_lock the limit of PostgreSQL's NOTIFY: a program of its own
readers     many sockets in one process; stream, websocket, sse, bare_sse, engineio, realtime, http1: protocol parsers
server      a system as a process: pinned, started, prepared, requested, stopped
machine     cores, limits, and load by other programs
figures     medians and percentiles; table, picture, saved: the output
peers/      the programs it is compared with
"""
