"""Rows of numbers as Prometheus' metric families."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from guard.runtime.metrics.histogram import Histogram

Rows = Iterable[tuple[Sequence[str], float]]
"""Values of the labels, and the number."""


def counter(name: str, about: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A family of counters; `name` without its `_total`."""
    family = CounterMetricFamily(name, about, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def gauge(name: str, about: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A family of gauges."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def histogram(name: str, about: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], Histogram]]) -> Metric:
    """A family of histograms."""
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, one in rows:
        family.add_metric(values, buckets=one.buckets(), sum_value=one.sum)
    return family
