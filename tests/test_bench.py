"""The benchmark's own instruments, on bytes at hand: what they count must be what was sent."""

import json
import math
import socket
from array import array
from collections.abc import Callable, Iterable
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from bench import bare_sse, engineio, http1, machine, page, realtime, sse, websocket
from bench.fanout import figures
from bench.figures import NEVER, Measurement, Summary, percentile, percentile_with_lost
from bench.lines import Line, Row, lines
from bench.orders import NANO, Order, Record
from bench.picture import PANELS, picture
from bench.readers import Readers, Tally
from bench.resume import Crowd, numbers
from bench.saved import load, save
from bench.search import highest
from bench.server import Server
from bench.stream import Piece, StreamEnded
from bench.systems import BY_KEY, SYSTEMS, TITLE, System, base, nchan, ours
from bench.table import table

PAYLOADS = (b'{"n":1}', b'{"n":2,"text":"' + b"x" * 300 + b'"}', b"\xe2\x80\xa6", b"y" * 70_000)


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """A server's websocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def fed(parse: Callable[[bytes], Piece], parts: Iterable[bytes]) -> Piece:
    """All that a stream gives when it comes in these parts."""
    payloads: tuple[bytes, ...] = ()
    rest = reply = b""
    for part in parts:
        piece = parse(rest + part)
        payloads += piece.payloads
        reply += piece.reply
        rest = piece.rest
    return Piece(payloads, rest, reply)


def near_cuts(stream: bytes) -> list[int]:
    """Every place to cut a short stream; the first, the last and some of a long one."""
    if len(stream) < 3000:
        return list(range(len(stream) + 1))
    return [*range(700), *range(700, len(stream) - 50, 997), *range(len(stream) - 50, len(stream) + 1)]


def test_websocket_frames_cut_anywhere_are_whole_again():
    stream = b"".join(frame(payload) for payload in PAYLOADS) + frame(b"hello", opcode=9)
    for cut in near_cuts(stream):
        piece = fed(websocket.parse, (stream[:cut], stream[cut:]))

        assert piece.payloads == PAYLOADS
        assert piece.rest == b""
        assert piece.reply == b"\x8a\x85\0\0\0\0hello"


def test_websocket_frames_come_byte_by_byte():
    stream = b"".join(frame(payload) for payload in PAYLOADS[:3])

    assert fed(websocket.parse, (bytes((byte,)) for byte in stream)).payloads == PAYLOADS[:3]


def test_a_closed_or_fragmented_websocket_is_not_passed_over():
    with pytest.raises(StreamEnded, match="1013"):
        websocket.parse(frame(b"a") + frame((1013).to_bytes(2, "big"), opcode=8))
    with pytest.raises(ValueError, match="fragment"):
        websocket.parse(b"\x01\x01a")


def test_events_cut_anywhere_are_whole_again():
    texts = (
        b"retry: 100\n\n",
        b": keep\n\n",
        b"id: 1\ndata: a\n\n",
        b"data:b\r\ndata: c\r\n\r\n",
        b"event: x\ndata: d\n\n",
    )
    stream = b"".join(map(chunk, texts))
    for cut in near_cuts(stream):
        piece = fed(sse.parse, (stream[:cut], stream[cut:]))

        assert piece == Piece((b"a", b"b\nc", b"d"), b"", b"")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1000])
def test_events_need_not_end_where_chunks_do(size: int):
    text = b"id: 1\ndata: first\n\nid: 2\ndata: second\n\ndata: third\n\n"
    stream = b"".join(chunk(text[at : at + size]) for at in range(0, len(text), size))

    assert fed(sse.parse, (bytes((byte,)) for byte in stream)).payloads == (b"first", b"second", b"third")


def test_an_event_stream_that_ends_is_not_passed_over():
    with pytest.raises(StreamEnded):
        sse.parse(chunk(b"data: a\n\n") + b"0\r\n\r\n")


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    ],
)
def test_a_response_is_whole_at_its_last_byte_and_no_sooner(stream: bytes):
    assert all(http1.response(stream[:cut]) is None for cut in range(len(stream)))

    answer = http1.response(stream + b"HTTP")
    assert answer is not None
    assert (answer.status, answer.body, answer.rest) == (201, b"hello", b"HTTP")


def told(system: System, action: str, **changes: str) -> bytes:
    """An event about note 42 as a system tells of it."""
    sent = base.System.note(system, 42)
    note = {"id": 7, "created_at": "x", "updated_at": "x", **sent, **changes}
    noun = "record" if system.key == "pocketbase" else "note"
    event = {"id": "e-1", "action": action, noun: note}
    return json.dumps(["note", event] if system.key == "socketio" else event).encode()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_delivery_is_known_by_its_number_and_a_damaged_one_is_refused(system: System):
    assert system.event(told(system, "create")) == 42
    assert system.event(told(system, "update")) is None
    assert system.event(told(system, "update"), "update") == 42
    with pytest.raises(ValueError, match="not the note"):
        system.event(told(system, "create", description="cut sho"))


def test_a_reset_is_no_delivery():
    with pytest.raises(ValueError, match="reset"):
        BY_KEY["ours"].event(b'{"id":"e-1","action":"reset"}')


def test_what_was_lost_counts_as_later_than_all_that_came():
    came = [float(number) for number in range(1, 100)]

    assert percentile(came, 0.5) == 50
    assert percentile_with_lost(came, 1, 0.99) == 99
    assert percentile_with_lost(came, 2, 0.99) == NEVER
    assert percentile_with_lost([], 3, 0.5) == NEVER
    assert math.isnan(percentile([], 0.5))
    assert Summary.of([3, 1, 2]) == Summary(2, 1, 3)


def test_lines_have_keys_of_their_own_and_rows_with_units():
    keys = [line.key for line in lines(quick=True)]

    assert len(keys) == len(set(keys))
    assert all(row.unit for line in lines(quick=False) for row in line.rows)


# The protocols of the peers.


class Peer:
    """Stands in for a started server: remembers what it was asked, and answers as told."""

    def __init__(self, key: str, status: int = 204) -> None:
        self.system = BY_KEY[key]
        self.headers = ""
        self.asked: list[Any] = []
        self.status = status

    def post(self, path: str, value: object) -> bytes:
        self.asked.append((path, value))
        return b""

    def ask(self, request: bytes) -> http1.Response:
        return http1.Response(self.status, b"", b"", b"")

    def server(self) -> Server:
        return cast(Server, self)


def test_an_event_stream_without_chunks_is_cut_as_well():
    stream = b': hi\n\nid: 1795173636:0\ndata: {"a":1}\n\nid: 1795173636:1\ndata: {"a":2}\n\n'
    for cut in near_cuts(stream):
        assert fed(bare_sse.parse, (stream[:cut], stream[cut:])) == Piece((b'{"a":1}', b'{"a":2}'), b"", b"")


def test_each_kind_of_event_stream_refuses_the_other():
    plain = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    chunked = plain + b"Transfer-Encoding: chunked\r\n"

    assert (bare_sse.accepted(200, plain), bare_sse.accepted(200, chunked)) == (True, False)
    assert (sse.accepted(200, plain), sse.accepted(200, chunked)) == (False, True)
    assert not bare_sse.accepted(403, plain)


def test_socketio_packets_cut_anywhere_are_whole_again_and_pings_are_answered():
    stream = frame(b'42["note",{"n":1}]') + frame(b"2") + frame(b'42["note",{"n":2}]') + frame(b"", opcode=9)
    for cut in near_cuts(stream):
        piece = fed(engineio.parse, (stream[:cut], stream[cut:]))

        assert piece.payloads == (b'["note",{"n":1}]', b'["note",{"n":2}]')
        assert sorted(piece.reply) == sorted(websocket.frame(b"3") + websocket.frame(b"", websocket.PONG))


@pytest.mark.parametrize("packet", [b"1", b"41", b'44{"message":"no"}'])
def test_a_socketio_server_that_leaves_is_not_passed_over(packet: bytes):
    with pytest.raises(StreamEnded):
        engineio.parse(frame(packet))


@pytest.mark.parametrize("packet", [b"6", b'40{"sid":"a"}', b'43["ack"]', b'"note"'])
def test_a_socketio_packet_that_has_no_place_is_refused(packet: bytes):
    with pytest.raises(ValueError, match="should not come"):
        engineio.parse(frame(packet))


def test_a_socketio_reader_is_in_when_its_namespace_is_confirmed():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        opening = frame(b'0{"sid":"a","pingInterval":25000}')
        theirs.sendall(opening[9:] + frame(b'40{"sid":"b"}') + frame(b'42["note",{}]'))

        entered = engineio.enter(mine, opening[:9], Peer("socketio").server(), "")

        assert theirs.recv(100) == websocket.frame(b"40")
        assert engineio.parse(entered.rest).payloads == (b'["note",{}]',)


def test_a_realtime_reader_subscribes_by_the_name_it_was_given():
    mine, theirs = socket.socketpair()
    peer = Peer("pocketbase")
    with mine, theirs:
        theirs.sendall(chunk(b'id:abc\nevent:PB_CONNECT\ndata:{"clientId":"abc"}\n\n'))

        entered = realtime.enter(mine, b"", peer.server(), "board3")

    assert peer.asked == [("/api/realtime", {"clientId": "abc", "subscriptions": ["board3/*"]})]
    assert entered.mark == b"abc"


def test_a_realtime_reader_that_is_refused_or_misled_is_no_reader():
    with pytest.raises(ValueError, match="names the connection"):
        realtime.client(b'{"action":"create"}')
    mine, theirs = socket.socketpair()
    with mine, theirs, pytest.raises(ConnectionError, match="refused"):
        realtime.enter(mine, chunk(b'data:{"clientId":"abc"}\n\n'), Peer("pocketbase", 400).server(), "")


def test_a_304_is_whole_without_the_bytes_whose_length_it_names():
    answer = http1.response(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 500\r\n\r\n')

    assert answer is not None
    assert (answer.body, answer.header("etag")) == (b"", '"a"')
    with pytest.raises(KeyError):
        answer.header("last-event-id")


def test_who_asks_is_said_in_every_request():
    head = "Cookie: quart_notes_session=x\r\n"
    made = [http1.get("/", head), http1.post("/", {}, head), http1.patch("/", {}, head)]
    made += [kind.handshake("/", head) for kind in (websocket, sse, bare_sse, engineio, realtime)]

    for request in made:
        assert request.count(b"\r\nCookie: quart_notes_session=x\r\n") == 1
        assert request.partition(http1.HEAD_END)[1]


def test_the_ways_in_are_found_in_what_the_server_says():
    said = "Set up this server, once: http://127.0.0.1:8000/front/join/abc-DEF\n"
    head = b"HTTP/1.1 303 See Other\r\nSet-Cookie: quart_notes_session=x.y; Path=/; HttpOnly\r\n"

    link, cookie = ours.SETUP.search(said), ours.COOKIE.search(head)
    assert link is not None
    assert cookie is not None
    assert (link[1], cookie[1]) == ("/front/join/abc-DEF", b"quart_notes_session=x.y")


def test_what_is_published_is_acknowledged_by_its_id():
    answer = http1.Response(202, b"", b"queued messages: 1\r\nlast message id: 1795173614:0", b"")

    assert BY_KEY["nchan"].acknowledged(answer, 3) == "1795173614:0"
    with pytest.raises(ValueError, match="status 403"):
        BY_KEY["nchan"].acknowledged(answer._replace(status=403), 3)


def test_an_acknowledgement_of_another_note_or_status_is_refused():
    system = BY_KEY["ours"]
    note = {"id": 7, "created_at": "x", "updated_at": "x", **system.note(42)}
    answer = http1.Response(201, b"", json.dumps(note).encode(), b"")

    assert system.acknowledged(answer, 42) == 7
    assert system.acknowledged(answer._replace(status=200), 42, changed=True) == 7
    with pytest.raises(ValueError, match="another note"):
        system.acknowledged(answer, 41)
    with pytest.raises(ValueError, match="status 201"):
        system.acknowledged(answer, 42, changed=True)


# What a system cannot do, and what is not installed.


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    class Absent(System):
        modules = ("json", "no_such_module")

    monkeypatch.setattr(base, "program", lambda _: None)
    monkeypatch.setattr(page, "program", lambda _: None)

    assert Absent().missing() == "Python packages no_such_module"
    assert BY_KEY["pocketbase"].missing() == "programs pocketbase"
    assert BY_KEY["nchan"].missing() == "programs nginx"
    assert page.missing() == "Chromium"


def test_nginx_without_its_module_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(base, "program", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(nchan, "MODULE", tmp_path / "absent.so")

    assert BY_KEY["nchan"].missing() == "nginx's module nchan (libnginx-mod-nchan)"


def test_too_few_open_files_are_said():
    assert any("open files: 1024" in lack for lack in machine.missing(1024, 5000))


def test_nginx_is_told_its_port_and_keeps_to_its_folder(tmp_path):
    command = BY_KEY["nchan"].command(12345, tmp_path)

    text = (tmp_path / "nginx.conf").read_text()
    assert str(tmp_path / "nginx.conf") in command
    assert "listen 127.0.0.1:12345 " in text
    assert "{" * 2 not in text
    assert all(str(tmp_path) in line for line in text.splitlines() if "_temp_path" in line)


@pytest.mark.parametrize(
    ("key", "left_out"),
    [
        ("ours", set()),
        ("fastapi", {"unchanged", "boards-ws", "boards-sse", "resume-ws", "resume-sse"}),
        ("nchan", {"list", "one", "unchanged", "update", "start", "mix-ws", "mix-sse", "beside-ws", "beside-sse"}),
    ],
)
def test_a_system_is_spared_what_it_cannot_do(key: str, left_out: set[str]):
    system = BY_KEY[key]

    concerned = [line for line in lines(quick=True) if line.concerns(system)]
    assert {line.key for line in concerned if not line.runs_on(system)} == left_out


def test_lines_about_some_systems_alone_are_no_lack_of_the_others():
    by_key = {line.key: line for line in lines(quick=True)}

    assert [key for key, line in by_key.items() if line.concerns(BY_KEY["kernel"])] == ["writes"]
    assert [system.key for system in SYSTEMS if by_key["page"].concerns(system)] == ["ours", "ours-accounts"]
    assert not any(line.runs_on(BY_KEY["pocketbase"]) for key, line in by_key.items() if key.endswith("-ws"))


# Counting.


def test_a_stream_that_ends_in_the_middle_of_an_event_is_a_failure():
    mine, theirs = socket.socketpair()
    with Readers(Peer("ours").server(), "websocket") as readers:
        descriptor = mine.fileno()
        readers.sockets[descriptor] = mine
        readers._receive[descriptor] = mine.recv
        readers.poll.register(descriptor)
        theirs.sendall(frame(told(BY_KEY["ours"], "create"))[:-5])
        readers.take(descriptor)
        theirs.close()
        readers.take(descriptor)

        assert readers.failures == ["the server ended the stream"]
        assert not readers.sockets


class Heard:
    """Stands in for readers: what they received."""

    def __init__(self, boards: int, places: dict[int, int], notes: list[tuple[int, int, tuple[int, ...]]]) -> None:
        self.boards = ("",) * boards
        self.places = places
        self.notes = notes


def tally(boards: int, places: dict[int, int], notes: list[tuple[int, int, tuple[int, ...]]], count: int) -> Tally:
    return Tally(cast(Readers, Heard(boards, places, notes)), count)


def test_lost_doubled_swapped_and_strange_deliveries_are_told_apart():
    heard = tally(1, {8: 0, 9: 0}, [(1, 8, (0, 1, 2)), (2, 9, (1, 0)), (3, 9, (1,)), (4, 9, (7,))], 3)

    assert [list(times) for times in heard.times] == [[1, 2], [1, 2], [1]]
    assert (heard.doubled, heard.swapped, heard.strange) == (1, 1, 1)
    assert heard.faults() == ["1 doubled", "1 unknown", "1 out of order"]


def test_what_another_board_was_told_is_strange():
    heard = tally(2, {8: 0, 9: 1}, [(1, 8, (0, 2)), (1, 9, (1, 2))], 4)

    assert heard.strange == 1
    assert [list(times) for times in heard.times] == [[1], [1], [1], []]


def test_deliveries_after_the_warm_up_make_the_figures():
    heard = tally(1, {8: 0, 9: 0}, [], 3)
    heard.times = [array("q", [1]), array("q", [NANO + 2_000_000, NANO + 4_000_000]), array("q", [2 * NANO])]

    measured = figures(heard, Record([0, NANO, 2 * NANO - 1_000_000], [1, 1, 1]), warm=1, each=2)

    assert measured.values["p50"] == 2
    assert measured.values["p99"] == measured.values["max"] == NEVER
    assert measured.values["lost"] == 0.25
    assert measured.remarks == ["25% not delivered in time"]


def test_what_the_writer_did_not_manage_is_said():
    record = Record([1, 1], [2, 0], late=50_000_000, failures=["status 503"])

    assert record.remarks() == [
        "1 × writer: status 503",
        "1 of 2 requests not answered in time",
        "the writer was late by up to 50 ms",
    ]


@pytest.mark.parametrize("limit", [19, 20, 33, 100, 777, 50_000])
def test_the_search_finds_the_greatest_rate_that_passes(limit: float):
    asked: list[float] = []

    def passes(rate: float) -> bool:
        asked.append(rate)
        return rate <= limit

    found = highest(passes, 20, 20_000, 1.1)

    assert found == (0 if limit < 20 else pytest.approx(min(limit, 20 * 2**9), rel=0.1))
    assert found <= limit
    assert len(asked) <= 14


@pytest.mark.parametrize("transport", ["websocket", "sse"])
def test_what_a_reader_missed_is_read_from_its_bytes(transport: str):
    system = BY_KEY["ours"]
    events = [json.dumps({"action": "create", "note": {**note(system, n)}}).encode() for n in range(5)]
    framed = [frame(event) if transport == "websocket" else chunk(b"data: " + event + b"\n\n") for event in events]
    known: dict[bytes, int | None] = {}
    kind = system.kinds[transport]

    assert numbers(system, kind, [b"".join(framed)], known) == [0, 1, 2, 3, 4]
    assert numbers(system, kind, [b"".join(framed)[:-1]], known) == [0, 1, 2, 3]
    assert numbers(system, kind, [framed[1], framed[0]], known) == [1, 0]


def note(system: System, number: int) -> dict[str, Any]:
    return {"id": 7, "created_at": "x", "updated_at": "x", **system.note(number)}


def test_a_reader_that_came_back_is_done_when_it_has_the_last_event_however_it_is_cut():
    last = f"{TITLE}0000999".encode()
    for cut in range(1, len(last)):
        crowd = Crowd(last)
        mine, theirs = socket.socketpair()
        with theirs:
            crowd.add(mine, b"event" + last[:cut])
            assert crowd.waiting
            theirs.sendall(last[cut:])
            crowd.take(5)
        assert not crowd.waiting
        assert b"".join(crowd.parts.popitem()[1]) == b"event" + last
        crowd.close()


def test_an_order_begins_when_its_process_can_be_ready_and_ends_in_patience():
    peer = Peer("ours")
    cast(Any, peer).port = 1
    order = Order.soon(peer.server(), ["/a"], 100, 50.0, 4)

    assert (order.end - order.begin) / NANO == pytest.approx(7)


# The table and the picture.

LINE = Line("list", "list of 100 notes", cast(Any, None), (Row("rate", "", "requests/s", 0),), needs=("notes",))
FAN = Line("fanout-ws-100", "websocket, 100/s:", cast(Any, None), (Row("p99", "p99", "ms", 1),), needs=("websocket",))
CHOSEN = [BY_KEY[key] for key in ("ours", "pocketbase", "socketio")]
RESULTS = {
    ("list", "ours"): [Measurement({"rate": rate}) for rate in (4000.0, 4100.0, 5000.0)],
    ("list", "pocketbase"): [Measurement({"rate": 1000.0}, others=0.4)],
    ("fanout-ws-100", "ours"): [Measurement({"p99": 5.0, "lost": 0.0})],
    ("fanout-ws-100", "socketio"): [Measurement({"p99": NEVER, "lost": 0.5}, ["50% not delivered in time"])],
}


def test_the_table_has_medians_ratios_marks_and_what_is_left_out():
    text = table([LINE, FAN], CHOSEN, RESULTS)
    rows = [line.split("  ") for line in text.splitlines()]

    assert [cell.strip() for cell in rows[2] if cell] == [
        *("list of 100 notes", "requests/s", "4 100 ±22%", "~1 000 (4.1 ×)", "-"),
    ]
    assert [cell.strip() for cell in rows[3] if cell] == ["websocket, 100/s: p99", "ms", "5.0", "-", "never†"]
    assert "† Deliveries were lost." in text
    assert "~ Other programs used more than 10% of a core meanwhile, at most 40%." in text
    assert "socketio keeps no notes, it only passes them on: list" in text
    assert "pocketbase has no websocket: fanout-ws-100" in text
    assert "python-socketio, repeat 1: 50% not delivered in time" in text


def test_figures_are_the_same_when_they_come_back_from_a_file(tmp_path):
    save(tmp_path / "figures.json", {"cores": "2"}, RESULTS)

    about, results = load(tmp_path / "figures.json")
    assert about == {"cores": "2"}
    assert results == RESULTS


def test_the_picture_has_a_bar_for_each_figure_and_marks_what_was_lost():
    root = ElementTree.fromstring(picture([LINE, FAN], CHOSEN, RESULTS, {"processor": "A <B> & C", "cores": "2"}))
    name = "{http://www.w3.org/2000/svg}"
    bars = [rect for rect in root.iter(f"{name}rect") if rect.get("class") != "ground"]
    words = [text.text for text in root.iter(f"{name}text")]

    assert [bar.get("class") for bar in bars] == ["ours", "peer", "ours", "lost"]
    assert [int(bar.get("width", "0")) for bar in bars][:2] == [380, 93]
    assert words[1:5] == ["Quart Notes", "4 100", "PocketBase", "1 000"]
    assert "never, loses" in words
    assert "Medians of one run on A <B> & C, 2" in words
    assert all(float(rect.get("width", "0")) + float(rect.get("x", "0")) <= 720 for rect in bars)


def test_the_picture_is_for_light_and_dark_and_needs_nothing_from_elsewhere():
    text = picture([LINE, FAN], CHOSEN, RESULTS, {"cores": "2"})
    style = text.partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")

    assert all(f".{name} {{" in part for part in (light, dark) for name in ("ground", "ours", "peer", "lost", "quiet"))
    assert "href" not in text
    assert "url(" not in text
    assert 'role="img"' in text


def test_the_picture_draws_figures_that_there_are():
    whole = {line.key: {row.value for row in line.rows} for line in lines(quick=False)}

    assert all(panel.value in whole[panel.line] for panel in PANELS)
