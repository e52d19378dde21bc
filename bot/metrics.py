"""What Prometheus is told of the bot: counts, lengths, times and memory; no text, and nobody's number in a label."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.desk import Desk
from bot.store import STATES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `Metrics.text` answers."""


class Metrics(Collector):
    """The bot's figures, read from where they are counted at the moment that somebody asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)  # memory, processor time, open files: where the system tells

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """All figures, for the client library."""
        yield from self._work()
        yield from self._lengths()
        models = GaugeMetricFamily("kuaizui_model", "The models in use.", labels=["task", "language", "name"])
        for task, generators in (("dialogue", self._desk.models.dialogue), ("headlines", self._desk.models.headlines)):
            for language in generators:
                models.add_metric([task, language, generators.name(language)], 1)
        yield models

    def _work(self) -> Iterator[Metric]:
        measures, inference = self._desk.arrivals.measures, self._desk.inference
        updates = CounterMetricFamily("kuaizui_updates", "Updates by final state.", labels=["state"])
        for state in STATES:
            updates.add_metric([state], measures.states[state])
        yield updates
        seconds = HistogramMetricFamily("kuaizui_answer_seconds", "From an update's arrival to its answer.")
        buckets = [(_bound(bound), count) for bound, count in measures.answer_seconds.cumulative()]
        seconds.add_metric([], buckets, measures.answer_seconds.sum)
        yield seconds
        sizes = HistogramMetricFamily("kuaizui_batch_size", "Jobs that a model got at once.")
        sizes.add_metric([], _cumulative(inference.batches), sum(inference.batches.elements()))
        yield sizes
        failures = self._desk.store.failures
        yield CounterMetricFamily("kuaizui_store_errors", "Calls that the store could not carry out.", value=failures)

    def _lengths(self) -> Iterator[Metric]:
        desk = self._desk
        for name, about, value in (
            ("updates_unfinished", "Updates without a final state.", desk.arrivals.unfinished),
            ("jobs_waiting", "Jobs that wait for the models.", desk.inference.waiting),
            ("jobs_running", "Jobs in the batch at work.", desk.inference.running),
            ("messages_waiting", "Messages that wait for their turn to be sent.", desk.pacing.waiting),
        ):
            yield GaugeMetricFamily(f"kuaizui_{name}", about, value=value)


def _bound(value: float) -> str:
    """As Prometheus writes the bound of a bucket."""
    return "+Inf" if value == float("inf") else repr(float(value))


def _cumulative(sizes: Counter[int]) -> list[tuple[str, float]]:
    """A bucket for each batch size that occurred."""
    counted, buckets = 0, []
    for size in sorted(sizes):
        counted += sizes[size]
        buckets.append((_bound(size), float(counted)))
    return [*buckets, ("+Inf", float(counted))]
