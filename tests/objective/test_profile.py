"""One schedule in detail, against a simulated clinic."""

import pytest
import torch

from objective import (
    ClinicSession,
    InvalidInput,
    Objective,
    ServiceTime,
    WalkIns,
    Weights,
    simulate,
)
from objective.profile import QUANTILES
from objective.simulator import estimate

SCHEDULE = [2, 0, 1, 0, 1, 1, 0, 1, 0, 0]
SESSIONS = {
    "exponential": (ClinicSession(6, 10, 5.0, ServiceTime.exponential(7.0), no_show=0.2), None),
    "lognormal": (ClinicSession(6, 10, 5.0, ServiceTime.lognormal(7.0, 0.6)), 0.05),
    "walk-ins": (
        ClinicSession(
            6, 10, 5.0, ServiceTime.poisson(6.0), 0.1, WalkIns(ServiceTime.poisson(5.0), rate=0.1)
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", list(SESSIONS))
def test_a_profile_agrees_with_simulated_days(name: str, weights: Weights):
    """Waits with quantiles and tails, idle time, law of the finishing time."""
    session, step = SESSIONS[name]
    objective = Objective(session, weights, step=step)
    profile = objective.profile(SCHEDULE, late=10.0)
    days = simulate(session, SCHEDULE, days=200_000, seed=2)
    for patient in range(6):
        wait = days.wait[:, patient]
        assert abs(estimate(wait).z(float(profile.expected_wait[patient]))) < 4
        late = (wait > 10.0 + 1e-9).to(torch.float64)
        assert abs(estimate(late).z(float(profile.long_wait[patient]))) < 4
        for column, probability in enumerate(QUANTILES):
            inside = (wait <= float(profile.wait_quantiles[patient, column]) + 1e-6).double().mean()
            assert float(inside) >= probability - 0.006
    assert float(profile.idle.sum()) == pytest.approx(float(objective(SCHEDULE).idle), abs=1e-9)
    for time, probability in zip(
        profile.finish_time[::40].tolist(), profile.finish_probability[::40].tolist(), strict=True
    ):
        ended = estimate((days.end <= time + 1e-9).to(torch.float64))
        assert abs(ended.mean - probability) < 5 * max(ended.standard_error, 1e-5)
    assert abs(days.overtime_beyond(1e-9).z(profile.overtime_probability)) < 4
    assert profile.overtime_beyond(0.0) == pytest.approx(profile.overtime_probability, abs=1e-9)


def test_a_profile_is_a_frame_with_a_row_per_patient(
    four_patients: ClinicSession, weights: Weights
):
    """Appointment times in minutes, the wait's mean and quantiles, the chance of a long wait."""
    frame = Objective(four_patients, weights).profile([2, 0, 1, 0, 1, 0]).to_frame()
    assert frame["appointment_time"].tolist() == [0.0, 0.0, 10.0, 20.0]
    assert frame["expected_wait"].iloc[0] == 0.0
    assert frame["expected_wait"].iloc[1] == pytest.approx(0.9 * 9.0)
    assert {"wait_50", "wait_90", "wait_95", "long_wait_probability"} <= set(frame.columns)


def test_a_profile_of_several_schedules_is_refused(four_patients: ClinicSession, weights: Weights):
    """One schedule at a time."""
    with pytest.raises(InvalidInput, match="a single schedule"):
        Objective(four_patients, weights).profile([[4, 0, 0, 0, 0, 0]] * 2)
