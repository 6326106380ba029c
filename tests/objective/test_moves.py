"""All moves of one patient at once, against evaluating each schedule."""

import pytest
import torch

from objective import ClinicSession, Objective, ServiceTime, Square, WalkIns, Weights
from tests.cases import REAL_CLINICS, random_schedules

SESSIONS = {
    "exponential": ClinicSession(6, 9, 5.0, ServiceTime.exponential(8.0)),
    "exponential, no-shows": ClinicSession(6, 9, 5.0, ServiceTime.exponential(8.0), no_show=0.3),
    "poisson": ClinicSession(6, 9, 5.0, ServiceTime.poisson(8.0)),
    "gamma, no-shows": ClinicSession(6, 9, 5.0, ServiceTime.gamma(8.0, 0.7), no_show=0.2),
    "walk-ins": ClinicSession(
        6, 9, 5.0, ServiceTime.poisson(6.0), 0.1, WalkIns(ServiceTime.poisson(4.0), rate=0.2)
    ),
    "walk-ins by interval": ClinicSession(
        6, 9, 5.0, ServiceTime.poisson(6.0), 0.1,
        WalkIns(ServiceTime.poisson(4.0), rate=[0.1 * t for t in range(9)]),
    ),
    "one interval": ClinicSession(3, 1, 5.0, ServiceTime.exponential(8.0)),
    **REAL_CLINICS,
}  # fmt: skip
CASES = [
    (name, idle)
    for name, session in SESSIONS.items()
    for idle in ("session", "makespan")
    if idle == "session" or not (session.walk_ins or session.interruptions)
]


def neighbours(schedule: torch.Tensor) -> list[tuple[int, int, torch.Tensor]]:
    """List every move of one patient."""
    found = []
    for i in (schedule > 0).nonzero()[:, 0].tolist():
        for j in range(len(schedule)):
            other = schedule.clone()
            other[i] -= 1
            other[j] += 1
            found.append((i, j, other))
    return found


@pytest.mark.parametrize(("name", "idle"), CASES)
def test_moves_equal_evaluating_every_neighbour(
    name: str, idle: str, weights: Weights, device: str
):
    """To 1e-12, infinite where nobody is booked, for single schedules and for a batch."""
    session = SESSIONS[name]
    objective = Objective(session, weights, idle=idle, device=device)
    schedules = random_schedules(5, session.patients, session.intervals, seed=3)
    together = objective.moves(schedules).cpu()
    assert together.shape == (5, session.intervals, session.intervals)
    for row, schedule in enumerate(schedules):
        alone = objective.moves(schedule).cpu()
        assert torch.allclose(alone, together[row], rtol=1e-12, atol=1e-12)
        moves = neighbours(schedule)
        direct = objective(torch.stack([other for _, _, other in moves])).cost.cpu()
        read = torch.stack([alone[i, j] for i, j, _ in moves])
        assert torch.allclose(read, direct, rtol=1e-12, atol=1e-11)
        assert torch.isinf(alone[schedule == 0]).all()


def test_moves_charge_penalties(weights: Weights):
    """The square of the wait instead of the wait."""
    session = SESSIONS["gamma, no-shows"]
    objective = Objective(session, weights, waiting_penalty=Square(), tardiness_penalty=Square())
    schedule = random_schedules(1, 6, 9)[0]
    moves = neighbours(schedule)
    direct = objective(torch.stack([other for _, _, other in moves])).cost
    read = torch.stack([objective.moves(schedule)[i, j] for i, j, _ in moves])
    assert torch.allclose(read, direct, rtol=1e-11)


@pytest.mark.parametrize(
    ("name", "idle"),
    [case for case in CASES if case[0] in ("poisson", "patients differ", "priority")],
)
def test_moves_of_schedules_with_fewer_patients_equal_evaluating_them(
    name: str, idle: str, weights: Weights
):
    """Where the number of patients is free a batch may hold different numbers."""
    session = SESSIONS[name]
    objective = Objective(session, weights, idle=idle, value_per_patient=3.0)
    schedules = torch.cat([random_schedules(2, booked, 9, seed=booked) for booked in (4, 6, 1)])
    together = objective.moves(schedules)
    for row, schedule in enumerate(schedules):
        moves = neighbours(schedule)
        direct = objective(torch.stack([other for _, _, other in moves])).cost
        read = torch.stack([together[row, i, j] for i, j, _ in moves])
        assert torch.allclose(read, direct, rtol=1e-12, atol=1e-11)


def test_moves_on_a_fine_grid_equal_evaluating_every_neighbour(weights: Weights):
    """Where the products of steps would be too large to keep, they are taken in turn."""
    session = ClinicSession(3, 40, 5.0, ServiceTime.gamma(20.0, 0.8))
    objective = Objective(session, weights, step=0.5)
    schedule = torch.zeros(40, dtype=torch.int64)
    schedule[[0, 2, 30]] = 1
    moves = neighbours(schedule)
    direct = objective(torch.stack([other for _, _, other in moves])).cost
    found = objective.moves(schedule)
    read = torch.stack([found[i, j] for i, j, _ in moves])
    assert torch.allclose(read, direct, rtol=1e-12, atol=1e-11)
