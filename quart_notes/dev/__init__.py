"""`quart-notes dev`: a server with live reload, for people who change the code.

`supervisor` holds the listening socket, watches the files (`file_watcher`) and keeps one server process
(`server_process`) behind the socket. When no server can run, the supervisor responds itself (`error_server`) with the
error (`error_page`). The server process starts in `child`; `serve` adds what open pages need to follow changes
(`reload` and the files beside it).

Nothing here is imported, registered or sent by `quart-notes serve`.
"""
