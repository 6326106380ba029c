"""Penalties other than the mean, against simulation and against each other."""

import pytest
import torch

from objective import ClinicSession, Excess, Objective, ServiceTime, Square, Tail, Weights, simulate
from objective.simulator import estimate

SCHEDULE = [2, 0, 1, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("penalty", [Square(), Excess(10.0), Tail(10.0)], ids=lambda p: str(p))
@pytest.mark.parametrize("law", ["exponential", "gamma"])
def test_expected_penalties_agree_with_simulated_days(penalty: object, law: str):
    """E[W^2], E[(W - c)^+] and P(W > c) of waits and of the overtime."""
    service = ServiceTime.exponential(8.0) if law == "exponential" else ServiceTime.gamma(8.0, 0.5)
    session = ClinicSession(6, 8, 5.0, service, no_show=0.15)
    objective = Objective(
        session,
        Weights(1, 0, 1),
        waiting_penalty=penalty,
        tardiness_penalty=penalty,
        step=None if law == "exponential" else 0.05,
    )
    performance = objective(SCHEDULE).row(0)
    days = simulate(session, SCHEDULE, days=200_000, seed=5)
    waits = (penalty.of_work(days.wait) * days.shown).sum(1) / (6 * 0.85)
    assert abs(estimate(waits).z(performance["waiting_penalty"])) < 4
    late = penalty.of_work((days.end - session.length).clamp(min=0))
    assert abs(estimate(late).z(performance["tardiness_penalty"])) < 4


def test_the_two_chains_agree_on_every_penalty(weights: Weights):
    """Erlang expectations against the function itself on a fine grid."""
    session = ClinicSession(6, 8, 5.0, ServiceTime.exponential(8.0), no_show=0.15)
    for penalty in (Square(), Excess(10.0)):
        exact, fine = (
            Objective(session, weights, waiting_penalty=penalty, chain=chain, step=step)(SCHEDULE)
            for chain, step in (("queue_length", None), ("workload", 0.05))
        )
        assert torch.allclose(exact.waiting_penalty, fine.waiting_penalty, rtol=1e-3)
