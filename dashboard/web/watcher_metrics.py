"""Metrics of the watcher, by watched key: the same as the page of the key shows its owner.

From the database, as the worker is another process. The label `key` is the fingerprint, as in the
log; there are as many as watched keys, which are few.
"""

from collections.abc import Iterator

from django.db import Error
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from batches.services.background import consent
from batches.services.watcher.report import WatchReport, reports_of

CALLERS = ("people", "watcher", "walk", "callback", "bulk")


class WatcherCollector(Collector):
    """Calls and refusals, how many batches are read how often, and for how long not."""

    def describe(self) -> list[Metric]:
        return []  # else `register` would call `collect`, and so the database, at the start

    def collect(self) -> Iterator[Metric]:
        try:
            watched = consent.watched_fingerprints()
            reports = reports_of(fingerprints=watched, now=timezone.now())
        except Error:
            # no series rather than wrong ones; those of the process itself go on
            return
        yield from call_series(reports)
        yield from batch_series(reports)


def call_series(reports: dict[str, WatchReport]) -> Iterator[Metric]:
    calls = GaugeMetricFamily(
        "console_key_calls", "Calls with a key in the last minute", labels=["key", "by"]
    )
    limit = GaugeMetricFamily("console_key_calls_limit", "Of all of them", labels=["key"])
    refusals = GaugeMetricFamily(
        "console_key_refusals", "429 and refused in the last hour", labels=["key", "kind"]
    )
    for key, report in reports.items():
        for by in CALLERS:
            calls.add_metric([key, by], getattr(report.calls, by))
        limit.add_metric([key], report.calls.limit)
        for kind in ("throttled", "refused"):
            refusals.add_metric([key, kind], getattr(report.calls, kind))
    yield calls
    yield limit
    yield refusals


def batch_series(reports: dict[str, WatchReport]) -> Iterator[Metric]:
    batches = GaugeMetricFamily(
        "console_watched_batches",
        "Open batches by how often they are read",
        labels=["key", "status", "every_seconds"],
    )
    unread = GaugeMetricFamily(
        "console_watch_age_seconds", "Since a key was last read", labels=["key"]
    )
    gap = GaugeMetricFamily("console_watch_gap_seconds", "Of the last gap", labels=["key"])
    for key, report in reports.items():
        for swept in report.swept:
            for group in swept.groups:
                every = str(round(group.every.total_seconds()))
                batches.add_metric([key, swept.status, every], group.batches)
        if report.read_at:
            age = (timezone.now() - report.read_at).total_seconds()
            unread.add_metric([key], max(0.0, age))  # the clock may have been set back since
        if report.gap:
            gap.add_metric([key], (report.gap.until - report.gap.since).total_seconds())
    yield batches
    yield unread
    yield gap
