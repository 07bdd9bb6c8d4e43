"""nchan: publish and subscribe inside nginx, in C; the yardstick of fan-out."""

import os
import pwd
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench import http1
from bench.streams import bare_sse, websocket
from bench.systems.base import System, program

if TYPE_CHECKING:
    from bench.server import Server

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")  # the path in Debian's libnginx-mod-nchan
CONFIGURATION = """\
load_module {module};
user {user};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {data}/nginx.pid;
error_log stderr;
events {{ worker_connections {files}; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {data}/body;
  proxy_temp_path {data}/proxy;
  fastcgi_temp_path {data}/fastcgi;
  uwsgi_temp_path {data}/uwsgi;
  scgi_temp_path {data}/scgi;
  nchan_message_buffer_length 10000;
  nchan_message_timeout 1h;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = / {{ return 200 "here\\n"; }}
    location ~ ^/publish/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; }}
    location ~ ^/ws/(\\w+)$ {{
      nchan_subscriber websocket; nchan_channel_id $1; nchan_subscriber_first_message newest;
    }}
    location ~ ^/events/(\\w+)$ {{
      nchan_subscriber eventsource; nchan_channel_id $1; nchan_subscriber_first_message newest;
    }}
  }}
}}
"""
FILES = 16_384  # connections; nginx refuses to start when fewer files may be open


class Nchan(System):
    """A channel for each board, with 10,000 messages in memory for readers that reconnect."""

    key = "nchan"
    name = "nchan"
    programs = ("nginx",)
    kinds = MappingProxyType({"websocket": websocket, "sse": bare_sse})
    lacks = MappingProxyType({"notes": "keeps no notes, it only passes on what it is sent"})
    caveat = "nothing is on the disk; `create` is a publish, and its message is the event, encoded already"
    stores = False
    first_path = "/"
    created = frozenset({201, 202})  # with subscribers; without

    def command(self, port: int, data: Path) -> list[str]:
        user = pwd.getpwuid(os.geteuid()).pw_name
        text = CONFIGURATION.format(module=MODULE, user=user, files=FILES, data=data, port=port)
        (data / "nginx.conf").write_text(text, encoding="utf-8")
        return [program("nginx") or "nginx", "-p", str(data), "-c", str(data / "nginx.conf")]

    def missing(self) -> str | None:
        return super().missing() or (None if MODULE.is_file() else "nginx's module nchan (libnginx-mod-nchan)")

    def make_boards(self, server: "Server", count: int) -> list[str]:
        return [f"board{number}" for number in range(count)]  # a channel exists once it is used

    def create_path(self, board: str = "") -> str:
        return f"/publish/{board or 'notes'}"

    def stream_path(self, transport: str, board: str = "", after: str = "") -> str:
        path = f"{'/ws' if transport == 'websocket' else '/events'}/{board or 'notes'}"
        return f"{path}?last_event_id={after}" if after else path

    def note(self, number: int) -> dict[str, Any]:
        at = "2026-01-31T09:30:00.000001Z"
        note = {"id": number, **super().note(number), "done": False, "created_at": at, "updated_at": at}
        return {"action": "create", "note": note}

    def acknowledged(self, answer: http1.Response, number: int, *, changed: bool = False) -> object:
        if answer.status not in self.created:
            raise ValueError(f"status {answer.status}")
        return self.event_id(answer)

    def event_id(self, answer: http1.Response) -> str:
        return answer.body.decode().rpartition("last message id: ")[2].strip()
