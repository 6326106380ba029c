"""Peak memory of a process of its own; ru_maxrss would begin at that of the process before."""

import subprocess
import sys

CODE = """
import torch
from objective import ClinicSession, Objective, ServiceTime, Weights
torch.set_num_threads(1)
session = ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0))
schedules = torch.zeros(1_000_000, 48, dtype=torch.int8)
generator = torch.Generator().manual_seed(0)
places = torch.randint(48, (1_000_000, 24), generator=generator)
schedules.scatter_add_(1, places, torch.ones_like(places, dtype=torch.int8))
del places
performance = Objective(session, Weights(0.4, 0.2, 0.4))(schedules)
assert len(performance) == 1_000_000 and bool(performance.cost.isfinite().all())
print(1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]))
"""


def peak_of_a_million() -> int:
    """Return the peak memory, in bytes, of pricing 1,000,000 schedules of 24 patients."""
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    return int(done.stdout)
