"""Cases with a formula."""

import math

import pytest
import torch
from scipy import stats

from objective import ClinicSession, Objective, ServiceTime, Weights

CHAINS = ["queue_length", "workload"]


@pytest.mark.parametrize(
    "law",
    [ServiceTime.exponential(7.0), ServiceTime.gamma(7.0, 0.6), ServiceTime.poisson(7.0)],
    ids=lambda law: law.law,
)
def test_all_patients_at_once_wait_half_the_work_before_them(law: ServiceTime, weights: Weights):
    """Waiting is beta (N - 1) / 2."""
    session = ClinicSession(8, 5, 5.0, law)
    performance = Objective(session, weights)([8, 0, 0, 0, 0])
    assert float(performance.waiting) == pytest.approx(7.0 * 7 / 2, abs=1e-9)


def test_all_patients_at_once_leave_erlang_overtime(weights: Weights):
    """Tardiness is E[(Erlang_N - T d)^+]."""
    session = ClinicSession(8, 5, 5.0, ServiceTime.exponential(7.0))
    tardiness = float(Objective(session, weights)([8, 0, 0, 0, 0]).tardiness)
    longer, law = stats.gamma(9, scale=7.0), stats.gamma(8, scale=7.0)
    assert tardiness == pytest.approx(56 * longer.sf(25.0) - 25 * law.sf(25.0), abs=1e-9)


@pytest.mark.parametrize("gap", [1, 3, 7])
def test_the_second_of_two_patients_waits_beta_exp_minus_gap_over_beta(gap: int, weights: Weights):
    """Two patients a gap apart, exponential consultations."""
    session = ClinicSession(2, 8, 5.0, ServiceTime.exponential(9.0))
    schedule = torch.zeros(8, dtype=torch.int64)
    schedule[0] = schedule[gap] = 1
    waiting = float(Objective(session, weights)(schedule).waiting)
    assert 2 * waiting == pytest.approx(9.0 * math.exp(-5 * gap / 9.0), abs=1e-12)


def test_consultations_as_long_as_the_gaps_make_nobody_wait(weights: Weights):
    """Deterministic consultations, one patient per interval: no wait, no overtime, no idle time."""
    session = ClinicSession(6, 6, 10.0, ServiceTime.deterministic(10.0))
    performance = Objective(session, weights)([1] * 6).row(0)
    for part in ("waiting", "tardiness", "idle", "cost"):
        assert performance[part] == pytest.approx(0.0, abs=1e-12)


def test_a_long_evenly_booked_session_reaches_the_wait_of_the_d_m_1_queue():
    """Stationary wait 10.806556692 at gaps of 12 minutes and consultations of 9."""
    session = ClinicSession(400, 400, 12.0, ServiceTime.exponential(9.0))
    profile = Objective(session, Weights(1, 0, 0)).profile([1] * 400)
    assert float(profile.expected_wait[-1]) == pytest.approx(10.806556692, abs=1e-8)


def test_session_idle_time_is_tardiness_plus_a_constant(weights: Weights):
    """T d + tardiness - N q E[S], whatever the schedule."""
    session = ClinicSession(3, 4, 5.0, ServiceTime.gamma(6.0, 0.8), no_show=0.2)
    performance = Objective(session, weights)([[3, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 3]])
    constant = performance.idle - performance.tardiness
    assert torch.allclose(constant, torch.full((3,), 20 - 3 * 0.8 * 6.0, dtype=torch.float64))
