"""`quart-notes dev`: the server for people who change the code, which follows what they change.

`supervisor` holds the listening socket, watches the files (`watching`) and keeps one server process (`process`) behind
the socket. Where no server can run it answers itself (`stand_in`) and says what is wrong (`trouble`). The server
process begins in `child`; `serving` adds to it what an open page needs to follow (`pages` and the files beside it).

Nothing here is imported, registered or sent by `quart-notes serve`.
"""
