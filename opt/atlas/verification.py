"""Checking rows of an atlas from its files alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from objective.errors import whole_number
from opt.atlas.lookup import Atlas
from opt.atlas.optimum import Optimum
from opt.certificate import agree, scale_of, verify
from opt.result import optimal_gap


@dataclass(frozen=True)
class Checked:
    """A row that was checked, and what is wrong with it; empty if nothing is."""

    row: int
    optimum: Optimum
    wrong: tuple[str, ...]


def verify_sample(atlas: Atlas, sample: int, seed: int = 0) -> Iterator[Checked]:
    """Check so many rows, drawn without repetition; all of them if there are not more.

    The schedule is priced again and the chains of its proof are evaluated again, for a session made
    from the row alone.
    """
    sample = min(whole_number("sample", sample, 1, 10**9), len(atlas))
    seed = whole_number("seed", seed, 0, 2**63 - 1)
    rows = np.random.default_rng(seed).choice(len(atlas), sample, replace=False)
    for row in sorted(rows.tolist()):
        optimum = atlas[row]
        yield Checked(row, optimum, tuple(wrong_with(optimum)))


def wrong_with(optimum: Optimum) -> list[str]:
    """Return what is wrong with an optimum; an empty list means that its claims are true."""
    booked = sum(optimum.schedule)
    if booked != optimum.patients or len(optimum.schedule) != optimum.intervals:
        return ["the schedule is not one of its session"]
    objective = optimum.objective()
    performance = objective(optimum.schedule).row(0)
    scale = scale_of(objective, performance["cost"], booked)
    wrong = [
        f"{name} is {performance[name]:.12g}, not {getattr(optimum, name):.12g}"
        for name in ("cost", "waiting", "idle", "tardiness")
        if not agree(performance[name], getattr(optimum, name), scale)
    ]
    wrong += verify(optimum.certificate(), objective)
    if not agree(max(optimum.cost - optimum.lower_bound, 0.0), optimum.gap, scale):
        wrong.append("the gap is not that of cost and bound")
    if optimum.gap > optimal_gap(objective, optimum.cost, booked):
        wrong.append("the gap is not closed")
    return wrong
