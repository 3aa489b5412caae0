"""The numbers of the service, as Prometheus reads them: of one process, or of several that share a directory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from app.watching.processes import is_alive, pids_of_files, process_families

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `Metrics.render` gives."""

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when it is loaded; see app.watching.sharing
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_CHECKING_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_GROUP_SIZES = (1, 2, 4, 8, 16, 32)
_SINCE, _GRADING_PID = "upto_queue_oldest_since", "upto_grading_pid"  # not shown, but what is shown is made of them


class Metrics:
    """What is counted and measured.

    Notes
    -----
    Every label has few values: templates of routes, never paths; ids of assignments and questions that are graded,
    never people. Where ``PROMETHEUS_MULTIPROC_DIR`` is set, what one process counts stands in files there, and any
    process renders the sums over all of them.
    """

    def __init__(self) -> None:
        self._directory = os.environ.get(_DIRECTORY)
        own = CollectorRegistry()
        self._source: Collector = MultiProcessCollector(None, self._directory) if self._directory else own  # type: ignore[no-untyped-call]
        registry = None if self._directory else own
        self._requests = Counter(
            "upto_requests", "Requests that were answered.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "upto_request_seconds",
            "From a request's first byte to its answer's last.",
            ["method", "route"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )
        self._failures = Counter("upto_failures", "Requests that failed on our side (5xx).", registry=registry)
        self._submissions = Counter(
            "upto_submissions",
            "Submissions by what became of them: accepted, replayed, or the name of the refusal.",
            ["outcome"],
            registry=registry,
        )
        self._checking_seconds = Histogram(
            "upto_checking_seconds",
            "Grading the answers to one question that came together.",
            ["assignment", "question"],
            buckets=_CHECKING_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "upto_checked_answers", "Answers that were graded.", ["assignment", "question"], registry=registry
        )
        self._failed_answers = Counter(
            "upto_failed_answers",
            "Answers that were left pending because grading them failed on our side.",
            ["assignment", "question"],
            registry=registry,
        )
        self._group_size = Histogram(
            "upto_group_size", "Submissions that were taken together.", buckets=_GROUP_SIZES, registry=registry
        )
        self._queue_length = Gauge(
            "upto_queue_length",
            "Submissions that wait to be taken.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._since = Gauge(_SINCE, "See below.", registry=registry, multiprocess_mode="liveall")
        self._grading_pid = Gauge(_GRADING_PID, "See below.", registry=registry, multiprocess_mode="liveall")
        self._restarts = Counter(
            "upto_grading_restarts", "Processes that grade which were replaced.", registry=registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request, and measure it."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def failure(self) -> None:
        """Count a request that failed on our side."""
        self._failures.inc()

    def submission(self, outcome: str) -> None:
        """Count a submission by what became of it."""
        self._submissions.labels(outcome).inc()

    def checked(self, assignment: str, question: str, answers: int, failed: int, seconds: float) -> None:
        """Count answers to a question that were graded together, and measure that."""
        self._answers.labels(assignment, question).inc(answers)
        self._checking_seconds.labels(assignment, question).observe(seconds)
        if failed:
            self._failed_answers.labels(assignment, question).inc(failed)

    def waits(self, length: int, since: float) -> None:
        """Note how many submissions wait, and since when the oldest does (by `time.monotonic`; 0 where none does)."""
        self._queue_length.set(length)
        self._since.set(since)

    def takes(self, size: int) -> None:
        """Measure a group."""
        self._group_size.observe(size)

    def grades(self, pid: int) -> None:
        """Note which process grades now."""
        self._grading_pid.set(pid)

    def restarted(self) -> None:
        """Count a process that grades and was replaced."""
        self._restarts.inc()

    def render(self, *, ready: bool, database_bytes: int | None) -> bytes:
        """Everything, in Prometheus' text format.

        Parameters
        ----------
        ready : bool
            Whether the service can work at the moment.
        database_bytes : int or None
            How large the database is, where that is known.
        """
        now = GaugeMetricFamily("upto_ready", "Whether the process that answered can work: 1 or 0.", float(ready))
        families: list[Metric] = [now]
        if database_bytes is not None:
            size = GaugeMetricFamily("upto_database_bytes", "The size of the database.", float(database_bytes))
            families.append(size)
        return generate_latest(_Families([*self._families(), *families]))

    def _families(self) -> Iterator[Metric]:
        web = [os.getpid()]
        if self._directory:
            found = pids_of_files(self._directory)
            web = [pid for pid in found if is_alive(pid)]
            for pid in found:
                if pid not in web:
                    mark_process_dead(pid, self._directory)  # type: ignore[no-untyped-call]
        grading: list[int] = []
        for family in self._source.collect():
            if family.name == _SINCE:
                yield _age(family)
            elif family.name == _GRADING_PID:
                grading = [int(sample.value) for sample in family.samples if sample.value]
            else:
                yield family
        yield from process_families({"web": web, "grading": grading})


def _age(since: Metric) -> Metric:
    """How long the oldest submission has been waiting, or being graded, in any process."""
    now = time.monotonic()
    ages = [now - sample.value for sample in since.samples if sample.value]
    return GaugeMetricFamily(
        "upto_queue_oldest_seconds", "How long the oldest submission has waited for its answer.", max(ages, default=0.0)
    )


class _Families(Collector):
    """Families that were collected already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """Give them."""
        return self._families
