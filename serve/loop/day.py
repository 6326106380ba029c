"""One day of a provider, played through the API: who comes, who is seen, when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from serve.loop.caller import Caller
from serve.loop.simulated_clock import SimulatedClock
from serve.loop.truth import Truth


@dataclass(frozen=True)
class Played:
    """What became of a day: who was booked, who was seen, and the minutes it cost."""

    booked: int
    seen: int
    waited: float
    overtime: float


@dataclass(frozen=True)
class _Step:
    at: datetime
    #: Ends come before arrivals of the same moment, and these before starts.
    order: int
    what: str
    appointment_id: str


def play(
    caller: Caller,
    clock: SimulatedClock,
    truth: Truth,
    session: Any,
    generator: np.random.Generator,
) -> Played:
    """Let a session happen, step by step in the order of time.

    Patients are seen in the order of their appointments among those who have come; nobody is seen
    before the session begins.
    """
    day = {"first": session["day"], "last": session["day"]}
    provider = session["provider_id"]
    booked = caller.every("/appointments", **day, provider_id=provider, status="booked")
    begins = datetime.fromisoformat(session["starts_at"])
    ends = datetime.fromisoformat(session["ends_at"])
    steps, waited, last = _steps(booked, begins, truth, generator)
    versions = {one["id"]: one["version"] for one in booked}
    for step in sorted(steps, key=lambda one: (one.at, one.order)):
        clock.forward_to(step.at)
        path = f"/appointments/{step.appointment_id}/{step.what}"
        changed = caller.post(path, version=versions[step.appointment_id])
        versions[step.appointment_id] = changed["version"]
    seen = sum(step.what == "end" for step in steps)
    overtime = max(0.0, (last - ends).total_seconds() / 60)
    return Played(len(booked), seen, waited, overtime)


def _steps(
    booked: Sequence[Any], begins: datetime, truth: Truth, generator: np.random.Generator
) -> tuple[list[_Step], float, datetime]:
    """Return what happens, the minutes that patients wait, and when the last leaves."""
    steps: list[_Step] = []
    present: list[tuple[datetime, datetime, str, timedelta]] = []
    for one in sorted(booked, key=lambda row: (row["starts_at"], row["id"])):
        planned = datetime.fromisoformat(one["starts_at"])
        length = truth.consultation(generator)
        arrival = truth.arrival(planned, generator)
        if truth.comes(generator):
            present.append((planned, arrival, one["id"], length))
            steps.append(_Step(arrival, 1, "arrive", one["id"]))
        else:
            steps.append(_Step(planned + timedelta(minutes=15), 3, "no-show", one["id"]))
    free, waited = begins, 0.0
    while present:
        # The first in the book among those who are there; else whoever comes first.
        there = [one for one in present if one[1] <= free]
        chosen = min(there) if there else min(present, key=lambda one: (one[1], one[0]))
        present.remove(chosen)
        planned, arrival, identifier, length = chosen
        start = max(free, arrival)
        waited += max(0.0, (start - max(planned, arrival)).total_seconds() / 60)
        free = start + length
        steps.append(_Step(start, 2, "start", identifier))
        steps.append(_Step(free, 0, "end", identifier))
    return steps, waited, free
