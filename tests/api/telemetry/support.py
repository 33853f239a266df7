"""Reads metrics."""

from prometheus_client.parser import text_string_to_metric_families


def read_page(text):
    """Read a page of metrics: name and labels -> value."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
