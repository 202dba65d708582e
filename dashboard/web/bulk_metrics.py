"""Metrics of bulks: what the worker has left to do. From the database, as it is another process."""

from collections.abc import Iterator

from django.db import Error
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from batches.services.bulks.counts import count_bulks


class BulksCollector(Collector):
    def describe(self) -> list[Metric]:
        return []  # else `register` would call `collect`, and so the database, at the start

    def collect(self) -> Iterator[Metric]:
        try:
            tally = count_bulks(now=timezone.now())
        except Error:
            return
        bulks = GaugeMetricFamily("console_bulks", "Bulks at work", labels=["state"])
        bulks.add_metric(["reading"], tally.reading)
        bulks.add_metric(["running"], tally.running)
        yield bulks
        yield GaugeMetricFamily("console_bulk_rows_left", "To be sent", value=tally.rows_left)
        yield GaugeMetricFamily(
            "console_bulk_late_seconds", "Since a step was due", value=tally.late_seconds
        )
