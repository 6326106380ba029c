"""One row of an atlas: a certified optimum, in units of the interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from objective import ClinicSession, Objective, Weights
from opt.atlas.grid import Tile, session_of
from opt.certificate import Certificate
from opt.result import Result


@dataclass(frozen=True)
class Optimum:
    """The best schedule of a session, what it costs, and the proof.

    Attributes
    ----------
    patients, intervals, law, mean, cv, no_show, step, waiting_share
        The instance; ``mean`` and ``step`` in intervals, ``step`` None where no grid is needed.
    schedule
        Patients per interval.
    cost, waiting, idle, tardiness, lower_bound, gap
        In intervals; the cost is waiting_share * waiting + (1 - waiting_share) * tardiness.
    evaluations
        Number of schedules priced to find and prove it.
    chains, weights
        The proof: see `opt.certificate.Certificate`, in appointment times.
    """

    patients: int
    intervals: int
    law: str
    mean: float
    cv: float
    no_show: float
    step: float | None
    waiting_share: float
    schedule: list[int]
    cost: float
    waiting: float
    idle: float
    tardiness: float
    lower_bound: float
    gap: float
    evaluations: int
    chains: list[list[int]]
    weights: list[float]

    @staticmethod
    def of(tile: Tile, mean: float, waiting_share: float, result: Result) -> "Optimum | None":
        """Return what a search found; None unless it is proved."""
        proof = result.certificate
        if proof is None or result.status != "optimal" or proof.space != "a":
            return None
        row = result.performance.row(0)
        return Optimum(
            patients=tile.patients,
            intervals=tile.intervals,
            law=tile.law,
            mean=mean,
            cv=tile.cv,
            no_show=tile.no_show,
            step=tile.step,
            waiting_share=waiting_share,
            schedule=list(result.schedule),
            cost=row["cost"],
            waiting=row["waiting"],
            idle=row["idle"],
            tardiness=row["tardiness"],
            lower_bound=proof.lower_bound,
            gap=max(row["cost"] - proof.lower_bound, 0.0),
            evaluations=result.evaluations,
            chains=[list(chain) for chain in proof.chains],
            weights=list(proof.weights),
        )

    def session(self, interval_length: float = 1.0) -> ClinicSession:
        """Return the session, with intervals of so many minutes."""
        return session_of(
            self.patients, self.intervals, interval_length, self.law, self.mean, self.cv,
            self.no_show,
        )  # fmt: skip

    def objective(self, interval_length: float = 1.0) -> Objective:
        """Return what it is the optimum of, with intervals of so many minutes."""
        return Objective(
            self.session(interval_length),
            atlas_weights(self.waiting_share),
            step=None if self.step is None else self.step * interval_length,
        )

    def certificate(self, cost: float | None = None, bound: float | None = None) -> Certificate:
        """Return the proof; of a session in other units with its cost and bound."""
        return Certificate(
            space="a",
            point=tuple(np.repeat(np.arange(self.intervals), self.schedule).tolist()),
            chains=tuple(tuple(chain) for chain in self.chains),
            weights=tuple(self.weights),
            cost=self.cost if cost is None else cost,
            lower_bound=self.lower_bound if bound is None else bound,
        )


def atlas_weights(waiting_share: float) -> Weights:
    """Return the weights that an atlas charges for a share of waiting."""
    return Weights(waiting_share, 0.0, 1.0 - waiting_share)


def row_of(optimum: Optimum) -> dict[str, Any]:
    """Return an optimum as a row of the table."""
    return dict(vars(optimum))
