"""The numbers that the service really tells, and those that a query asks for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apiflask import APIFlask
from prometheus_client.registry import Collector

from serve.events.counting import Counting
from serve.jobs.command import numbers_of
from serve.jobs.numbers import DeviceMemory
from serve.jobs.practice_numbers import PracticeNumbers
from serve.metrics import _Stored

#: What Prometheus itself adds to every number.
ADDED = {"instance", "job", "part"}
#: What a histogram is told as.
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}

NAME = re.compile(r"\b(?:bailey[_:][a-z0-9_:]+|up)\b")
SELECTED = re.compile(r"\b(bailey[_:][a-z0-9_:]+|up)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def told(app: APIFlask) -> str:
    """Return all that web server, worker and server of events tell, as they tell it."""
    web = app.test_client().get("/metrics").text
    return web + numbers_of(app, PracticeNumbers()).decode() + Counting().text().decode()


def labels_of(app: APIFlask) -> Mapping[str, frozenset[str]]:
    """Return the labels of every number that is told, by the names that queries use."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", told(app), re.MULTILINE))
    found: dict[str, frozenset[str]] = {}
    for name, labels in _definitions(app):
        # A counter is told of without its ending.
        plain = name.removesuffix("_total")
        kind = kinds.get(plain) or kinds.get(f"{plain}_total")
        if kind is None:
            continue
        for part in PARTS[kind]:
            more = {"le"} if part == "_bucket" else set()
            found[plain + part] = frozenset({*labels, *more, *ADDED})
    return found


def _definitions(app: APIFlask) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return each number's name and labels as the code defines them."""
    counted: list[Any] = [app.extensions["metrics"].registry, Counting().registry]
    for registry in counted:
        for name, collector in registry._names_to_collectors.items():
            yield name, tuple(collector._labelnames)
    at_asking: list[Collector] = [DeviceMemory(), PracticeNumbers()]
    with app.app_context():
        for collector in [*at_asking, _Stored()]:
            for family in collector.collect():
                yield family.name, tuple(family._labelnames)  # type: ignore[attr-defined]


def faults_of(
    query: str, known: Mapping[str, frozenset[str]], recorded: frozenset[str]
) -> list[str]:
    """Return what a query asks for that nobody tells."""
    faults, labels = [], set(ADDED)
    for name, matchers in SELECTED.findall(query):
        if name == "up" or name in recorded:
            continue
        if name not in known:
            faults.append(f"no such number: {name}")
            continue
        labels |= known[name]
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
            if label not in known[name]:
                faults.append(f"{name} has no label {label}")
    for group in GROUPED.findall(query):
        faults += [
            f"no number of the query has the label {one}"
            for one in re.findall(r"\w+", group) if one not in labels
        ]  # fmt: skip
    return faults
