"""Sessions and schedules that several tests use."""

import itertools

import numpy as np
import torch
from torch import Tensor

from objective import ClinicSession, ServiceTime, WalkIns


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
    import math

    return math.comb(patients + intervals - 1, intervals - 1)
