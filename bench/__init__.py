"""The benchmark: Quart Notes and its peers, side by side in one run.

__main__    the command line: which lines, which systems, how often; run: one after another
lines       the lines of work and what each fills in; systems: what is measured
requests    closed loop: clients that ask again as soon as they have their answer (loop)
fanout      open loop: writes by the clock (writer, a process of its own), timed at every reader
readers     many sockets in one process; stream, websocket, sse, http1: what they receive, as bytes
footprint   memory a connection, seconds to the first answer
server      a system as a process: pinned, started, asked, stopped
machine     cores, limits, and whether others left it alone
figures     medians and percentiles; table: the one table
peers/      the programs it is compared with
"""
