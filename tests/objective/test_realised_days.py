"""Days that happened, served again: against a plain loop over events, and the exact chain."""

import numpy as np
import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from objective.realised_days import serve_realised
from tests.plain_day import plain_day


def test_a_replayed_day_is_that_of_a_plain_event_loop():
    """Waits, idle time by both definitions, overtime; some patients do not come."""
    random = np.random.default_rng(1)
    patients, days = 9, 200
    appointments = np.sort(random.integers(0, 12, (patients, days)) * 7.5, axis=0)
    minutes = random.gamma(2.0, 6.0, (patients, days))
    came = random.random((patients, days)) < 0.8
    came[:, 0] = False
    length = random.uniform(30, 120, days)
    served = serve_realised(*map(torch.from_numpy, (appointments, minutes, came)))
    tardiness = served.tardiness(torch.from_numpy(length))
    idle = served.session_idle(torch.from_numpy(length))
    for day in range(days):
        slow = plain_day(*(one[:, day].tolist() for one in (appointments, minutes, came)),
                         length[day])  # fmt: skip
        fast = {
            "waited": served.wait[:, day].sum(), "end": served.end[day], "idle": idle[day],
            "makespan_idle": served.makespan_idle[day], "tardiness": tardiness[day],
            "work": served.work[day],
        }  # fmt: skip
        assert {name: float(value) for name, value in fast.items()} == pytest.approx(slow, abs=1e-9)


def test_a_batch_of_days_equals_its_singles():
    """Days do not touch each other."""
    random = np.random.default_rng(2)
    tensors = (
        torch.from_numpy(np.sort(random.random((5, 20)) * 60, axis=0)),
        torch.from_numpy(random.random((5, 20)) * 20),
        torch.from_numpy(random.random((5, 20)) < 0.7),
    )
    together = serve_realised(*tensors)
    for day in range(20):
        alone = serve_realised(*(one[:, day : day + 1] for one in tensors))
        assert torch.equal(alone.wait[:, 0], together.wait[:, day])
        assert torch.equal(alone.end[0], together.end[day])


def test_two_patients_by_hand():
    """The second waits 5 minutes and the session of 20 minutes ends 5 late."""
    served = serve_realised(
        torch.tensor([[0.0], [10.0]]), torch.tensor([[15.0], [10.0]]), torch.ones(2, 1) > 0
    )
    assert served.wait[:, 0].tolist() == [0.0, 5.0]
    assert float(served.end) == 25
    assert float(served.tardiness(torch.tensor([20.0]))) == 5
    assert float(served.session_idle(torch.tensor([20.0]))) == 0


def test_the_mean_over_days_drawn_from_the_law_is_the_exact_expectation():
    """Within five standard errors of the chain's."""
    session = ClinicSession(6, 10, 5.0, ServiceTime.pmf([0.0, 0.0, 0.2, 0.0, 0.3, 0.5], 2.5), 0.2)
    schedule = [2, 0, 1, 0, 1, 1, 0, 0, 1, 0]
    exact = Objective(session, Weights(1, 1, 1))(schedule).row(0)
    random, days = np.random.default_rng(3), 20_000
    minutes = torch.from_numpy(session.service_time.sample((6, days), random))
    came = torch.from_numpy(random.random((6, days)) < 0.8)
    times = torch.tensor([0.0, 0, 10, 20, 25, 40], dtype=torch.float64)[:, None].expand(6, days)
    served = serve_realised(times, minutes, came)
    length = torch.full((days,), 50.0, dtype=torch.float64)
    for name, values in (
        ("waiting", served.wait.sum(0) / session.expected_shows),
        ("idle", served.session_idle(length)),
        ("tardiness", served.tardiness(length)),
    ):
        assert abs(float(values.mean()) - exact[name]) < 5 * float(values.std()) / days**0.5, name


@pytest.mark.parametrize(
    ("minutes", "message"),
    [([[-1.0]], "minutes is -1.0"), ([[float("nan")]], "minutes is nan"), ([[1.0], [2.0]], "same")],
)
def test_days_that_cannot_be_are_refused(minutes: list[list[float]], message: str):
    """Negative, unknown or too many durations."""
    with pytest.raises(InvalidInput, match=message):
        serve_realised(torch.zeros(1, 1), torch.tensor(minutes), torch.ones(1, 1) > 0)


def test_what_stands_for_those_who_did_not_come_does_not_matter():
    """Not even a missing number."""
    came = torch.tensor([[True], [False]])
    served = serve_realised(torch.zeros(2, 1), torch.tensor([[4.0], [float("nan")]]), came)
    assert float(served.end) == 4
    assert served.wait[:, 0].tolist() == [0.0, 0.0]
