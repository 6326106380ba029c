"""The two-stage program of a sample of days, as numbers alone.

First the appointment times are chosen, and with them, where patients differ, who comes when; then
each sampled day shows its waits, idle time and tardiness (Denton & Gupta 2003,
doi:10.1080/07408170304395). The mean over the days is what `objective` computes exactly, but for
the sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objective import Objective
from objective.laws import Array
from objective.patients import Patient
from opt.constraints import Constraints
from opt.stochastic.scenarios import Scenarios

#: Tail, head and most minutes of a demand time[head] - time[tail] <= minutes; the patients count
#: from 1, and time 0 is the start of the session.
TimeEdge = tuple[int, int, float]


@dataclass(frozen=True)
class SampleProgram:
    """What decides the times of a sample; minutes, and costs per minute.

    A patient's wait does not depend on whether that patient comes, so it is charged by the
    probability to come instead of only on the days with the patient: the mean is the same, and it
    varies less. For the same reason idle time counts with the expected work.

    Attributes
    ----------
    scenarios
        The sampled days.
    counts
        Number of patients of each kind, (kinds,).
    waiting
        Charge for the wait of a patient of each kind at each place in the order, (kinds, patients).
    end, tardiness
        Charges for the end of the last consultation and for the time by which it is late.
    constant
        The part of the cost that no decision changes.
    length, last
        Planned end of the session, and the latest appointment: the start of the last interval.
    edges
        Demands on the times.
    """

    scenarios: Scenarios
    counts: tuple[int, ...]
    waiting: Array
    end: float
    tardiness: float
    constant: float
    length: float
    last: float
    edges: tuple[TimeEdge, ...]

    @property
    def patients(self) -> int:
        """Number of patients."""
        return sum(self.counts)

    def cost(self, times: Array, kinds: Sequence[int]) -> float:
        """Return the mean cost of times (patients,) with these kinds of patients, (patients,).

        The days are followed by Lindley's recursion, without any solver.
        """
        days, ranks = self.scenarios, np.arange(self.patients)
        duration, shown = days.duration[kinds, ranks], days.shown[kinds, ranks]
        free, total = days.opening.copy(), self.constant
        for rank, time in enumerate(times.tolist()):
            start = np.maximum(free, time)
            total += float(self.waiting[kinds[rank], rank] * (start - time).mean())
            free = np.where(shown[rank], start + duration[rank], free)
        late = np.maximum(free - self.length, 0.0)
        return total + self.end * float(free.mean()) + self.tardiness * float(late.mean())


def make_sample_program(
    objective: Objective,
    constraints: Constraints,
    kinds: Sequence[Sequence[Patient]],
    counts: Sequence[int],
    scenarios: Scenarios,
) -> SampleProgram:
    """Return the program whose cost is the objective's, on sampled days.

    ``kinds`` is (kinds, patients) as for `draw_scenarios`. Demands that only a schedule on the grid
    can meet are left out, so that the program stays a relaxation.
    """
    session, weights = objective.session, objective.weights
    makespan = objective.idle == "makespan"
    worth = [[(1 - one.no_show) * one.waiting_weight for one in row] for row in kinds]
    planned = 0.0 if makespan else session.length
    return SampleProgram(
        scenarios=scenarios,
        counts=tuple(counts),
        waiting=weights.waiting * np.array(worth) / session.expected_shows,
        end=weights.idle if makespan else 0.0,
        tardiness=weights.tardiness + (0.0 if makespan else weights.idle),
        constant=weights.idle * (planned - session.expected_work),
        length=session.length,
        last=session.length - session.interval_length,
        edges=tuple(
            (tail, head, width * session.interval_length)
            for piece in constraints.pieces(session)
            for tail, head, width in piece.edges.get("a", [])
        ),
    )
