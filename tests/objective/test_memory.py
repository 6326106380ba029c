"""Memory of large batches."""

import subprocess
import sys

import pytest

from tests.benchmarks.memory import peak_of_a_million

LONG = """
import torch
from objective import ClinicSession, Objective, ServiceTime, WalkIns, Weights
torch.set_num_threads(1)
walk_ins = WalkIns(ServiceTime.poisson(3.0), rate=0.01)
session = ClinicSession(10, 2000, 1.0, ServiceTime.poisson(9.0), walk_ins=walk_ins)
objective = Objective(session, Weights(1, 1, 1))
schedules = torch.zeros(300, 2000, dtype=torch.int64)
schedules[:, ::200] = 1
objective(schedules[:1])
peak = lambda: 1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
before = peak()
objective(schedules)
print(before, peak())
"""


@pytest.mark.nightly
def test_a_million_schedules_stay_below_two_gibibytes():
    """In a process of its own, torch included."""
    assert peak_of_a_million() < 2 * 2**30


@pytest.mark.nightly
def test_a_long_session_with_walk_ins_stays_near_its_budget():
    """The bounds on its grid are computed for some rows at a time."""
    tracked = subprocess.run(
        [sys.executable, "-c", LONG], check=True, capture_output=True, text=True
    )
    before, after = map(int, tracked.stdout.split())
    assert after - before < 400 * 2**20
