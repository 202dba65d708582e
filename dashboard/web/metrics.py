"""Metrics for Prometheus: of this process, operations, walks, the watcher, estimates and alarms."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone
from prometheus_client import REGISTRY, Counter, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from batches.models import State
from batches.services.attention.counts import count_alarms
from batches.services.clock import is_older
from batches.services.estimates.counts import EstimateCounts, count_estimates
from batches.services.notices.counts import count_deliveries
from batches.services.operations import counts, queues
from batches.services.walks.counts import count_walks
from dashboard.web.bulk_metrics import BulksCollector
from dashboard.web.watcher_metrics import WatcherCollector

requests = Counter("console_http_requests_total", "Requests answered", ["view", "method", "status"])
seconds = Histogram("console_http_request_seconds", "Time to the answer", ["view"])


def count_request(view: str, method: str, status: int, took: float) -> None:
    """view: a name of the URL configuration."""
    # never an address, of which there are any number: each label would be a series for ever
    requests.labels(
        view, method if method in {"GET", "HEAD", "POST"} else "other", f"{status // 100}xx"
    ).inc()
    seconds.labels(view).observe(took)


# Anybody may scrape more often; the database is not queried more often than this.
COUNTED_FOR = timedelta(seconds=15)


class OperationsCollector(Collector):
    """Operations by state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # from the database: the worker is another process, and a restart must not begin at 0
        self._counter = counts.OperationCounter()
        self._counted: tuple[datetime, counts.OperationCounts] | None = None

    def describe(self) -> list[Metric]:
        return []  # else `register` would call `collect`, and so the database, at the start

    def collect(self) -> Iterator[Metric]:
        try:
            tally = self._tally()
        except Error:
            # no series rather than wrong ones; those of the process itself go on
            return
        yield from series_of(tally)

    def _tally(self) -> counts.OperationCounts:
        now = timezone.now()
        with self._lock:
            if self._counted is None or is_older(self._counted[0], now=now, than=COUNTED_FOR):
                self._counted = now, self._counter.count(now=now)
            return self._counted[1]

    def forget(self) -> None:
        with self._lock:
            self._counted, self._counter = None, counts.OperationCounter()


def series_of(tally: counts.OperationCounts) -> Iterator[Metric]:
    settled = CounterMetricFamily("console_operations", "Writes by outcome", labels=["state"])
    still_open = GaugeMetricFamily("console_operations_open", "Not settled yet", labels=["state"])
    for state, number in tally.by_state.items():
        family = still_open if state in State.open_states() else settled
        family.add_metric([state], number)
    age = timezone.now() - tally.oldest_open_at if tally.oldest_open_at else timedelta()
    age = max(age, timedelta())  # the clock may have been set back since
    oldest = "console_oldest_open_operation_seconds"
    yield settled
    yield still_open
    yield GaugeMetricFamily(oldest, "Age of the oldest one", value=age.total_seconds())


class QueuesCollector(Collector):
    """Keys by the operations that the worker has to settle."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            tally = queues.count_queues(now=timezone.now())
        except Error:
            return
        keys = GaugeMetricFamily(
            "console_settle_queues", "Keys by their operations", labels=["state"]
        )
        keys.add_metric(["due"], tally.due)
        keys.add_metric(["active"], tally.active)
        yield keys


class WalksCollector(Collector):
    """Keys by how far the worker has read their lists."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            tally = count_walks()
        except Error:
            return
        keys = GaugeMetricFamily("console_walks", "Keys by their list", labels=["state"])
        for state in ("reading", "read", "failing"):
            keys.add_metric([state], getattr(tally, state))
        yield keys
        yield CounterMetricFamily("console_walk_calls", "Calls for lists", value=tally.calls)


class EstimatesCollector(Collector):
    """When batches will be done: how many estimates there are, and how late the worker is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: tuple[datetime, EstimateCounts] | None = None

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            tally = self._tally()
        except Error:
            return
        rows = GaugeMetricFamily("console_estimates", "Estimates of open batches", labels=["kind"])
        rows.add_metric(["range"], tally.ranges)
        rows.add_metric(["silent"], tally.silent)
        yield rows
        yield GaugeMetricFamily("console_estimates_due", "To be computed now", value=tally.due)
        oldest = "console_oldest_due_estimate_seconds"
        yield GaugeMetricFamily(oldest, "Age of the oldest one", value=tally.oldest.total_seconds())
        yield CounterMetricFamily("console_estimates_computed", "So far", value=tally.computed)
        yield CounterMetricFamily("console_estimate_seconds", "Their cost", value=tally.seconds)

    def _tally(self) -> EstimateCounts:
        now = timezone.now()
        with self._lock:
            if self._counted is None or is_older(self._counted[0], now=now, than=COUNTED_FOR):
                self._counted = now, count_estimates(now=now)
            return self._counted[1]

    def forget(self) -> None:
        with self._lock:
            self._counted = None


class AlarmsCollector(Collector):
    """What needs somebody, by kind."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            tally = count_alarms()
        except Error:
            return
        alarms = GaugeMetricFamily("console_alarms", "Open alarms", labels=["kind", "dismissed"])
        for (kind, is_dismissed), number in tally.items():
            alarms.add_metric([kind.value, "yes" if is_dismissed else "no"], number)
        yield alarms


class DeliveriesCollector(Collector):
    """What people are to be told: how much waits, and what was not sent."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            tally = count_deliveries(now=timezone.now())
        except Error:
            return
        rows = GaugeMetricFamily(
            "console_deliveries", "Waiting now; failed, dropped in 24 h", labels=["state"]
        )
        for state in ("waiting", "failed", "dropped"):
            rows.add_metric([state], getattr(tally, state))
        yield rows
        yield GaugeMetricFamily(
            "console_notices_to_spread", "Not told to anybody yet", value=tally.to_spread
        )
        oldest = "console_oldest_due_delivery_seconds"
        yield GaugeMetricFamily(oldest, "Age of the oldest one", value=tally.oldest.total_seconds())


counted_operations = OperationsCollector()
counted_estimates = EstimatesCollector()
REGISTRY.register(counted_operations)
REGISTRY.register(QueuesCollector())
REGISTRY.register(BulksCollector())
REGISTRY.register(WalksCollector())
REGISTRY.register(WatcherCollector())
REGISTRY.register(counted_estimates)
REGISTRY.register(AlarmsCollector())
REGISTRY.register(DeliveriesCollector())
