"""The benchmark: Quart Notes and its peers, side by side in one run.

__main__    the command line: which lines, which systems, how often; run: one after another
lines       the lines of work and what each fills in; systems/: what is measured
requests    closed loop: clients that ask again as soon as they have their answer (loop); mix: with many readers
fanout      open loop: writes by the clock (orders, and writer, a process of its own), timed at every reader
beside      reads by the clock, without readers and with them; search: the most that a system delivers
resume      readers that come back; footprint: memory a connection, seconds to the first answer
page        the board in a browser; writes: what the kernel allows
notify_lock what PostgreSQL's NOTIFY allows: a program of its own
readers     many sockets in one process; stream, websocket, sse, bare_sse, engineio, realtime, http1: what they
            receive, as bytes
server      a system as a process: pinned, started, prepared, asked, stopped
machine     cores, limits, and whether others left it alone
figures     medians and percentiles; table, picture, saved: what comes of them
peers/      the programs it is compared with
"""
