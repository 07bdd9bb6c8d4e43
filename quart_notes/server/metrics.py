"""Metrics of one or several processes in Prometheus's format, computed on request.

The services count their work in plain numbers; no code here runs for an event or a request.
source   https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/practices/naming/
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from quart_notes.core import Core
from quart_notes.errors import ProblemError
from quart_notes.live import frames
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import Encoder
from quart_notes.live.event_log import LogStats
from quart_notes.live.histogram import Histogram
from quart_notes.version import __version__
from quart_notes.web.security import headers

PREFIX = "quart_notes_"
EDGES: dict[Encoder, str] = {
    frames.websocket_frame: "websocket",
    frames.sse: "event_stream",
    frames.sse_chunk: "event_stream",
}
OTHER_EDGE = "plain_text"


def create_metrics_app(metrics: Callable[[], Awaitable[bytes]]) -> Quart:
    """The application that serves these metrics at `/metrics`."""
    app = Quart("quart_notes", static_folder=None)
    headers.register(app)

    @app.get("/metrics")
    async def show() -> Response:
        """Get the metrics."""
        return Response(await metrics(), content_type=CONTENT_TYPE_LATEST)

    @app.errorhandler(HTTPException)
    async def refuse(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        return f"{error.name}; /metrics is all that is here.\n", error.code or 500, {"Content-Type": "text/plain"}

    return app


async def render(core: Core, connections: int) -> bytes:
    """All metrics, as text.

    connections   number of open connections
    """
    try:
        stats = await core.log.stats()
    except ProblemError:
        stats = None
    registry = CollectorRegistry()
    registry.register(_Families(_core_families(core, connections, stats)))
    ProcessCollector(registry=registry)  # processor, memory and descriptors
    return generate_latest(registry)


def combined(texts: Mapping[int, str], workers: int, replaced: int) -> bytes:
    """The metrics of several workers, by slot, as one text: each sample has its worker as a label.

    workers, replaced   number of configured workers, and number of workers that have died
    """
    registry = CollectorRegistry()
    registry.register(_Families(_combined_families(texts, workers, replaced)))
    ProcessCollector(namespace="quart_notes_supervisor", registry=registry)
    return generate_latest(registry)


class _Families(Collector):
    """Families of metrics that are computed when they are collected."""

    def __init__(self, families: Iterator[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _combined_families(texts: Mapping[int, str], workers: int, replaced: int) -> Iterator[Metric]:
    yield _gauge("workers", "Workers that there are to be.", workers)
    yield _gauge("workers_up", "Workers that answer.", len(texts))
    yield _counter("workers_replaced", "Workers that have died, and another one was started.", replaced)
    families: dict[str, Metric] = {}
    for slot, text in texts.items():
        for family in text_string_to_metric_families(text):
            combined = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                combined.add_sample(sample.name, {**sample.labels, "worker": str(slot)}, sample.value)
    yield from families.values()


def _core_families(core: Core, connections: int, stats: LogStats | None) -> Iterator[Metric]:
    broadcaster, writer = core.broadcaster, core.writer
    yield InfoMetricFamily(PREFIX.rstrip("_"), "1; the version stands in the label.", {"version": __version__})
    yield _gauge("connections", "Open connections.", connections)
    yield _readers(broadcaster)
    events = CounterMetricFamily(
        PREFIX + "events",
        "Events published: durable ones are in the log, volatile ones say who is here.",
        labels=["kind"],
    )
    for kind, count in broadcaster.published.items():
        events.add_metric([kind], count)
    yield events
    yield _counter("deliveries", "Events handed out, each counted once for every reader.", broadcaster.deliveries)
    yield _counter("readers_cut_off", "Readers that were too slow; they come back and resume.", broadcaster.cut_off)
    yield _gauge("writes_waiting", "Changes that wait for a transaction.", writer.queued)
    yield _histogram("write_batch_size", "Changes in one transaction.", writer.batch_sizes)
    yield _histogram("write_seconds", "Seconds that a transaction took, to the disk.", writer.durations)
    yield _gauge("database_up", "1 when the database answers, else 0.", stats is not None)
    if stats is not None:
        newest, pruned, size = stats
        behind = max(newest - broadcaster.newest, 0)
        yield _gauge("log_events", "Events that can be replayed.", newest - pruned)
        yield _gauge("log_newest", "Number of the newest event in the log.", newest)
        yield _gauge("log_lag_events", "Events in the log that this process has not published yet.", behind)
        yield _gauge("database_size_bytes", "Bytes of the database, without its write-ahead log.", size)


def _readers(broadcaster: Broadcaster) -> Metric:
    readers = GaugeMetricFamily(PREFIX + "readers", "Who listens to events, by edge.", labels=["edge"])
    counts = Counter(dict.fromkeys([*EDGES.values(), OTHER_EDGE], 0))
    for encoder, count in broadcaster.encoder_counts().items():
        counts[EDGES.get(encoder, OTHER_EDGE)] += count
    for edge, count in counts.items():
        readers.add_metric([edge], count)
    return readers


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, documentation, value)


def _counter(name: str, documentation: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, documentation, value)


def _histogram(name: str, documentation: str, counted: Histogram) -> Metric:
    bounds = [*map(str, counted.bounds), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(counted.counts)), strict=True))
    return HistogramMetricFamily(PREFIX + name, documentation, buckets, counted.total)
