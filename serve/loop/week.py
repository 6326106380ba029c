"""One week of a practice: its patients ask for appointments, and its days are played."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from serve.clock import at_wall_clock
from serve.loop.caller import Caller, RefusedCall
from serve.loop.day import Played, play
from serve.loop.setting_up import Practice
from serve.loop.simulated_clock import SimulatedClock
from serve.loop.truth import Truth

#: Days ahead that a patient looks for a seat.
AHEAD = 10


@dataclass
class Asked:
    """How many asked for an appointment, and how many of them got one."""

    asked: int = 0
    booked: int = 0


def play_week(
    practice: Practice,
    caller: Caller,
    clock: SimulatedClock,
    truth: Truth,
    monday: date,
    generator: np.random.Generator,
    on_day: Callable[[date, Played], None],
) -> Asked:
    """Let patients book and days happen, Monday to Friday."""
    asked = Asked()
    for number in range(5):
        day = monday + timedelta(days=number)
        clock.forward_to(at_wall_clock(day, practice.desk_opens, practice.zone))
        ask(practice, caller, truth, day, generator, asked)
        sessions = caller.every("/clinic-days", first=day.isoformat(), last=day.isoformat())
        for session in sessions:
            on_day(day, play(caller, clock, truth, session, generator))
    return asked


def ask(
    practice: Practice,
    caller: Caller,
    truth: Truth,
    day: date,
    generator: np.random.Generator,
    asked: Asked,
) -> None:
    """Let the patients of a day search a seat and book it; who finds none waits for one."""
    for number in truth.requests(generator):
        asked.asked += 1
        asked.booked += book(practice, caller, practice.patients[number], day)


def book(practice: Practice, caller: Caller, patient_id: str, day: date) -> bool:
    """Book the best seat for a patient; return whether there was one."""
    query: Mapping[str, Any] = {
        "visit_type_id": practice.visit_type_id,
        "patient_id": patient_id,
        "first": day.isoformat(),
        "last": (day + timedelta(days=AHEAD)).isoformat(),
        "limit": 5,
    }
    for seat in caller.get("/seats", **query)["items"]:
        try:
            body = {"patient_id": patient_id, "seat_id": seat["id"]}
            caller.post("/appointments", body)
        except RefusedCall as refused:
            if refused.status != 409:
                raise
        else:
            return True
    return False
