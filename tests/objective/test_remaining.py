"""What is left of a consultation that runs."""

import numpy as np
import pytest
import torch

from objective import InvalidInput, ServiceTime
from objective.simulator import estimate
from tests.objective.rest_of_day import longer_than

LAWS = [
    ServiceTime.exponential(9.0),
    ServiceTime.gamma(9.0, 0.6),
    ServiceTime.lognormal(9.0, 0.6),
    ServiceTime.weibull(9.0, 0.5),
    ServiceTime.histogram([2, 6, 10, 15, 30], [3, 5, 4, 1]),
    ServiceTime.pmf([0.05, *[0.0] * 5, 0.3, 0.25, 0.2, *[0.0] * 4, 0.2], step=1.0),
    ServiceTime.poisson(9.0),
    ServiceTime.empirical([3.5, 7.25, 9.0, 20.0]),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
@pytest.mark.parametrize("elapsed", [0.0, 4.3, 11.0])
def test_the_remaining_time_is_that_of_longer_consultations(law: ServiceTime, elapsed: float):
    """Mean and mean excess over some minutes, against draws that are long enough."""
    remaining = law.remaining(elapsed)
    drawn = longer_than(law, elapsed, 100_000, np.random.default_rng(1)) - elapsed
    assert abs(estimate(torch.tensor(drawn)).z(remaining.mean)) < 4
    minutes = np.array([-2.0, 0.0, 1.7, 6.0])
    for x, excess in zip(minutes, remaining.stop_loss(minutes), strict=True):
        beyond = torch.tensor(np.clip(drawn - x, 0, None))
        assert abs(estimate(beyond).z(float(excess))) < 4


def test_a_consultation_far_in_the_tail_of_its_law_still_has_a_remaining_time():
    """Where hardly a consultation is that long the mean remaining time stays positive."""
    for law in LAWS[:4]:
        assert 0.1 < law.remaining(60.0).mean < 60


@pytest.mark.parametrize("elapsed", [-1.0, 13.0, 20.0])
def test_a_time_that_no_consultation_takes_is_refused(elapsed: float):
    """Negative, the longest that the law allows, or longer."""
    law = ServiceTime.pmf([0.5, *[0.0] * 12, 0.5])
    with pytest.raises(InvalidInput, match="elapsed is"):
        law.remaining(elapsed)
    assert law.remaining(12.5).mean == 0.5
