"""The chains against a simulated clinic: eight kinds of session, 200,000 days each."""

import pytest

from objective import ClinicSession, Objective, ServiceTime, WalkIns, Weights, simulate

SCHEDULE = [2, 0, 1, 0, 1, 1, 0, 1, 0, 2]
WALK_INS = WalkIns(ServiceTime.poisson(5.0), rate=0.15)
KINDS = {
    "exponential": (ServiceTime.exponential(7.0), 0.0, None, None),
    "exponential, no-shows": (ServiceTime.exponential(7.0), 0.2, None, None),
    "poisson, no-shows": (ServiceTime.poisson(7.0), 0.1, None, None),
    "lognormal": (ServiceTime.lognormal(7.0, 0.6), 0.0, None, 0.05),
    "weibull, no-shows": (ServiceTime.weibull(7.0, 0.7), 0.3, None, 0.05),
    "histogram": (ServiceTime.histogram([0, 5, 10, 20], [2, 5, 3]), 0.1, None, 0.05),
    "walk-ins": (ServiceTime.poisson(6.0), 0.1, WALK_INS, None),
    "walk-ins by interval, given by their pmf": (
        ServiceTime.pmf([0.1, 0, 0, 0, 0.3, 0.3, 0, 0.3]), 0.0,
        WalkIns(ServiceTime.poisson(5.0), counts=[[0.8, 0.2], [1.0], *[[0.6, 0.3, 0.1]] * 8]), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_chain_agrees_with_simulated_days(kind: str, device: str):
    """Every output within four standard errors of the simulation."""
    law, no_show, walk_ins, step = KINDS[kind]
    session = ClinicSession(8, 10, 5.0, law, no_show, walk_ins)
    days = simulate(session, SCHEDULE, days=200_000, seed=11, device=device)
    performance = Objective(session, Weights(1, 1, 1), step=step)(SCHEDULE).row(0)
    assert abs(days.waiting.z(performance["waiting"])) < 4
    assert abs(days.tardiness.z(performance["tardiness"])) < 4
    assert abs(days.session_idle.z(performance["idle"])) < 4
    if walk_ins is None:
        makespan = Objective(session, Weights(1, 1, 1), idle="makespan", step=step)(SCHEDULE)
        assert abs(days.makespan_idle.z(float(makespan.idle))) < 4
    else:
        assert abs(days.walk_in_waiting.z(performance["walk_in_waiting"])) < 4


def test_equal_seeds_give_equal_days(four_patients: ClinicSession):
    """And another seed gives others."""
    one, same, other = (simulate(four_patients, [1, 1, 1, 1, 0, 0], 50, seed) for seed in (1, 1, 2))
    assert one.end.equal(same.end)
    assert not one.end.equal(other.end)
