"""`quart-notes dev`: the server for people who change the code, which follows what they change.

`supervisor` holds the listening socket, watches the files (`file_watcher`) and keeps one server process
(`server_process`) behind the socket. Where no server can run it answers itself (`error_server`) and says what is
wrong (`error_page`). The server process begins in `child`; `serve` adds to it what an open page needs to follow
(`reload` and the files beside it).

Nothing here is imported, registered or sent by `quart-notes serve`.
"""
