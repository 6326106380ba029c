"""Sessions and schedules that several tests use."""

import itertools
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from objective import (
    ClinicSession,
    Interruption,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
)

SHORT, LONG = ServiceTime.pmf([0.1, 0.2, 0.4, 0.3]), ServiceTime.pmf([0.0, 0.2, 0.1, 0.1, 0.2, 0.4])
TYPES = {
    "new": PatientType(LONG, no_show=0.3, waiting_weight=2.0),
    "return": PatientType(SHORT),
    "urgent": PatientType(no_show=0.0, waiting_weight=5.0),
}
ORDER = ["new", "return", "urgent", "return", "new", "return"]
AWAY = (Interruption(3, SHORT, probability=0.5), Interruption(0, LONG))
EMERGENCIES = WalkIns(SHORT, rate=[0.05 * (1 + t % 3) for t in range(9)], discipline="priority")

#: Six patients in nine intervals of three minutes, each with something that real clinics have.
REAL_CLINICS = {
    "patients differ": ClinicSession(6, 9, 3.0, LONG, 0.1, None, TYPES, ORDER),
    "patients differ in no-shows alone": ClinicSession(
        6, 9, 3.0, ServiceTime.exponential(4.0), 0.1, None,
        {"sure": PatientType(no_show=0.0), "unsure": PatientType(no_show=0.4)},
        ["sure", "unsure", "sure", "sure", "unsure", "unsure"],
    ),
    "patients differ, walk-ins": ClinicSession(
        6, 9, 3.0, LONG, 0.1, WalkIns(SHORT, rate=0.2), TYPES, ORDER
    ),
    "late start": ClinicSession(6, 9, 3.0, SHORT, 0.1, interruptions=AWAY[1:]),
    "interruptions": ClinicSession(6, 9, 3.0, SHORT, 0.1, interruptions=AWAY),
    "interruptions and walk-ins": ClinicSession(
        6, 9, 3.0, SHORT, 0.1, WalkIns(LONG, counts=[0.8, 0.1, 0.1]), interruptions=AWAY
    ),
    "everything but priority": ClinicSession(
        6, 9, 3.0, LONG, 0.1, WalkIns(SHORT, rate=0.2), TYPES, ORDER, AWAY
    ),
    "priority": ClinicSession(6, 9, 3.0, SHORT, 0.1, EMERGENCIES),
    "priority, patients differ, late start": ClinicSession(
        6, 9, 3.0, SHORT, 0.1, EMERGENCIES, TYPES, ORDER, AWAY[1:]
    ),
}  # fmt: skip


def random_schedules(number: int, patients: int, intervals: int, seed: int = 0) -> Tensor:
    """Draw schedules, (number, intervals)."""
    random = np.random.default_rng(seed)
    share = random.dirichlet(np.ones(intervals), size=number)
    return torch.tensor(np.array([random.multinomial(patients, one) for one in share]))


def all_schedules(patients: int, intervals: int) -> Tensor:
    """Enumerate every schedule of a small session."""
    bars = itertools.combinations(range(patients + intervals - 1), intervals - 1)
    edges = np.array(list(bars), dtype=np.int64).reshape(-1, intervals - 1)
    first = np.full((len(edges), 1), -1)
    last = np.full((len(edges), 1), patients + intervals - 1)
    return torch.tensor(np.diff(np.hstack([first, edges, last]), axis=1) - 1)


def random_session(seed: int, walk_ins: bool = False) -> ClinicSession:
    """Draw a small session: exponential or an arbitrary law, with or without no-shows."""
    random = np.random.default_rng(seed)
    patients, intervals = int(random.integers(2, 9)), int(random.integers(3, 11))
    while len_of(patients, intervals) > 4_000:
        patients, intervals = int(random.integers(2, 9)), int(random.integers(3, 11))
    mean = float(random.uniform(3, 15))
    law = ServiceTime.exponential(mean)
    if walk_ins or random.random() < 0.5:
        law = ServiceTime.pmf(random.dirichlet(np.ones(int(random.integers(3, 20)))).tolist())
    coming = None
    if walk_ins:
        rates = random.uniform(0, 0.4, size=intervals).tolist()
        coming = WalkIns(ServiceTime.pmf(random.dirichlet(np.ones(8)).tolist()), rate=rates)
    no_show = float(random.choice([0.0, random.uniform(0, 0.5)]))
    return ClinicSession(patients, intervals, float(random.integers(2, 8)), law, no_show, coming)


def len_of(patients: int, intervals: int) -> int:
    """Count the schedules of a session."""
    return math.comb(patients + intervals - 1, intervals - 1)


def koeleman_koole_objective(row: dict[str, Any]) -> Objective:
    """Make the objective of a row of Table 6 of Koeleman & Koole (2012)."""
    booked, urgent = (ServiceTime.rounded(ServiceTime.exponential(mean)) for mean in (20.0, 30.0))
    walk_ins = WalkIns(urgent, rate=row["emergencies"] / 24, discipline="priority")
    session = ClinicSession(
        row["patients"], 24, 10.0, booked, walk_ins=walk_ins if row["emergencies"] else None
    )
    return Objective(session, Weights(row["a_W"], 0.0, row["a_L"]))
