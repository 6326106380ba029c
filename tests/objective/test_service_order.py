"""Simulated days against a plain event loop, one customer at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from objective import ClinicSession, ServiceTime, WalkIns
from objective.draws import Draws
from objective.overtaking import waits_when_overtaken
from objective.service_order import serve_in_order

INTERVALS, LENGTH = 4, 5


@dataclass
class Customer:
    """Whoever takes the provider's time, minutes."""

    kind: str
    rank: int
    planned: float
    arrival: float
    service: float


@dataclass(frozen=True)
class Day:
    """The customers of a day, and who books where: whole minutes, so that times coincide."""

    appointments: list[int]
    shown: list[bool]
    customers: list[Customer]


def random_day(seed: int, epochs: int, unpunctual: bool = False) -> Day:
    """Draw a small busy day: up to four booked patients, walk-ins and interruptions."""
    random = np.random.default_rng(seed)
    patients = int(random.integers(1, 5))
    appointments = sorted(random.integers(0, INTERVALS, patients).tolist())
    shown = (random.random(patients) < 0.8).tolist()
    customers = []
    for epoch in range(epochs):
        time = epoch * LENGTH
        if epoch < INTERVALS and random.random() < 0.3:
            work = float(random.integers(0, 9))
            customers.append(Customer("interruption", epoch, time, time, work))
        for _ in range(random.poisson(0.5)):
            work = float(random.integers(1, 9))
            customers.append(Customer("walk-in", epoch, time, time, work))
    for rank, interval in enumerate(appointments):
        work, deviation = float(random.integers(1, 9)), random.integers(-9, 10) * unpunctual
        time = interval * LENGTH
        customers.append(Customer("booked", rank, time, float(time + deviation), work))
    return Day(appointments, shown, customers)


def event_loop(day: Day, before: Callable[[Customer], object]) -> tuple[dict[int, float], float]:
    """Serve whoever is there and goes first; return the booked waits and that of the walk-ins."""
    waiting = [one for one in day.customers if one.kind != "booked" or day.shown[one.rank]]
    now, waits, walk_in_wait = 0.0, {}, 0.0
    while waiting:
        here = [one for one in waiting if one.arrival <= now]
        if not here:
            now = min(one.arrival for one in waiting)
            continue
        served = min(here, key=before)
        if served.kind == "booked":
            waits[served.rank] = max(now - max(served.planned, served.arrival), 0.0)
        elif served.kind == "walk-in":
            walk_in_wait += now - served.arrival
        now += served.service
        waiting.remove(served)
    return waits, walk_in_wait


def draws_of(day: Day, epochs: int) -> Draws:
    """Return the same day as the simulator takes it."""
    kinds = {
        kind: [one for one in day.customers if one.kind == kind]
        for kind in ("interruption", "walk-in", "booked")
    }
    number, work, mutual_wait = torch.zeros(3, epochs, 1, dtype=torch.float64)
    for one in kinds["walk-in"]:
        mutual_wait[one.rank] += work[one.rank]
        number[one.rank] += 1
        work[one.rank] += one.service

    def column(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)

    return Draws(
        consultation=column([one.service for one in kinds["booked"]]),
        shown=torch.tensor(day.shown).reshape(-1, 1),
        deviation=column([one.arrival - one.planned for one in kinds["booked"]]),
        interruption=column([one.service for one in kinds["interruption"]]),
        interrupted=torch.ones(len(kinds["interruption"]), 1, dtype=torch.bool),
        interruption_intervals=[one.rank for one in kinds["interruption"]],
        walk_ins=number,
        walk_in_work=work,
        walk_in_mutual_wait=mutual_wait,
    )


def session_of(patients: int, discipline: str) -> ClinicSession:
    """Return a session with walk-ins; its laws do not matter where everything is given."""
    law = ServiceTime.deterministic(5)
    walk_ins = WalkIns(law, rate=0.5, discipline=discipline)
    return ClinicSession(patients, INTERVALS, LENGTH, law, walk_ins=walk_ins)


CLASS = ("interruption", "walk-in", "booked")


@pytest.mark.parametrize("unpunctual", [False, True], ids=["punctual", "unpunctual"])
def test_first_come_first_served_equals_an_event_loop(unpunctual: bool):
    """On 300 days; an interruption of interval 0 is a provider who begins late."""

    def before(one: Customer) -> tuple[float, int, int]:
        opening = one.kind == "interruption" and one.planned == 0
        key = -np.inf if opening else one.arrival
        return key, CLASS.index(one.kind), one.rank

    for seed in range(300):
        day = random_day(seed, INTERVALS, unpunctual)
        waits, walk_in_wait = event_loop(day, before)
        session = session_of(len(day.appointments), "fcfs")
        served = serve_in_order(session, day.appointments, draws_of(day, INTERVALS), True)
        assert {rank: float(served.wait[rank, 0]) for rank in waits} == waits
        assert float(served.walk_in_wait[0]) == walk_in_wait


def test_priority_equals_an_event_loop():
    """On 1,000 days whose times often coincide, with walk-ins at the end of the session."""
    overtaken = 0
    for seed in range(1_000):
        day = random_day(seed, INTERVALS + 1)
        session = session_of(len(day.appointments), "priority")
        assert len(session.walk_ins.epoch_laws(session.intervals)) == INTERVALS + 1
        waits, walk_in_wait = event_loop(
            day, lambda one: (one.kind == "booked", one.planned, CLASS.index(one.kind), one.rank)
        )
        draws = draws_of(day, INTERVALS + 1)
        wait, total = waits_when_overtaken(session, day.appointments, draws)
        assert {rank: float(wait[rank, 0]) for rank in waits} == waits
        assert float(total[0]) == walk_in_wait
        first_come = serve_in_order(session, day.appointments, draws, False)
        overtaken += any(waits[rank] > float(first_come.wait[rank, 0]) for rank in waits)
    assert overtaken > 200


def two_patients(arrivals: tuple[float, float], shown: tuple[bool, bool] = (True, True)) -> Day:
    """Two patients with appointments at 0 and 5 and consultations of 10 minutes."""
    customers = [
        Customer("booked", rank, 5 * rank, arrival, 10.0) for rank, arrival in enumerate(arrivals)
    ]
    return Day([0, 1], list(shown), customers)


def test_the_provider_waits_for_the_next_appointment_or_sees_who_came_first():
    """Arrivals at 7 and 4: seen 7-17 and 17-27 by appointment, 14-24 and 4-14 by arrival."""
    session = session_of(2, "fcfs")
    draws = draws_of(two_patients((7.0, 4.0)), INTERVALS)
    by_appointment = serve_in_order(session, [0, 1], draws, by_arrival=False)
    assert by_appointment.wait.tolist() == [[0], [12]]
    assert by_appointment.end.tolist() == [27]
    by_arrival = serve_in_order(session, [0, 1], draws, by_arrival=True)
    assert by_arrival.wait.tolist() == [[7], [0]]
    assert by_arrival.end.tolist() == [24]


def test_nobody_waits_for_a_patient_who_does_not_come():
    """The second is seen at 5, the appointment, though the first would have come at 7."""
    session = session_of(2, "fcfs")
    draws = draws_of(two_patients((7.0, 5.0), (False, True)), INTERVALS)
    served = serve_in_order(session, [0, 1], draws, by_arrival=False)
    assert served.wait[1].tolist() == [0]
    assert served.end.tolist() == [15]
    assert served.work.tolist() == [10]


def test_a_patient_who_would_start_at_an_epoch_is_overtaken_there():
    """Seen 0-5; walk-ins of 6 at 5 and of 2 at 20 (the end): seen 11-16, 16-20 and 22-23."""
    services = (5.0, 5.0, 4.0, 1.0)
    booked = [Customer("booked", rank, 0, 0, work) for rank, work in enumerate(services)]
    walk_ins = [Customer("walk-in", 1, 5, 5, 6.0), Customer("walk-in", 4, 20, 20, 2.0)]
    day = Day([0] * 4, [True] * 4, booked + walk_ins)
    session = session_of(4, "priority")
    draws = draws_of(day, INTERVALS + 1)
    wait, walk_in_wait = waits_when_overtaken(session, day.appointments, draws)
    assert wait[:, 0].tolist() == [0, 11, 16, 22]
    assert walk_in_wait.tolist() == [0]
    served = serve_in_order(session, day.appointments, draws, by_arrival=False)
    # Without the walk-in at the end of the session.
    assert served.end.tolist() == [21]
    assert served.work.tolist() == [21]
