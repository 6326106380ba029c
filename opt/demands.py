"""Single demands on schedules: in words, as difference constraints, and as limits.

In a-space coordinate k is the interval of patient k (of 1..N); in p-space coordinate t is the
number of patients booked before interval t (of 1..T).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from objective import ClinicSession
from opt.difference import Edge, Points

#: Coordinates of a schedule: the intervals of the patients, or cumulative bookings.
Space = Literal["a", "p"]


@dataclass(frozen=True)
class Piece:
    """One demand: what it says, and its constraints in the coordinates that can express it."""

    text: str
    edges: Mapping[Space, list[Edge]]
    #: Makes the limits of a session no wider than this demand.
    tighten: Callable[["Limits"], None]


@dataclass
class Limits:
    """All demands together, by interval (intervals,) and by patient (patients,).

    A gap of 0 is none, and one of all intervals is no limit. ``fewest`` patients must be booked.
    """

    most: Points
    least: Points
    earliest: Points
    latest: Points
    minimum_gap: int
    maximum_gap: int
    fewest: int = 0

    @staticmethod
    def of(session: ClinicSession, pieces: Sequence[Piece]) -> "Limits":
        """Return the limits of a session under some demands."""
        patients, intervals = int(session.patients), int(session.intervals)
        limits = Limits(
            most=np.full(intervals, patients),
            least=np.zeros(intervals, dtype=np.int64),
            earliest=np.zeros(patients, dtype=np.int64),
            latest=np.full(patients, intervals - 1),
            minimum_gap=0,
            maximum_gap=intervals,
        )
        for piece in pieces:
            piece.tighten(limits)
        return limits


def at_most(interval: int, most: int) -> Piece:
    """Demand: at most so many patients in an interval."""

    def tighten(limits: Limits) -> None:
        limits.most[interval] = min(limits.most[interval], most)

    text = f"at most {most} in interval {interval}"
    return Piece(text, {"p": [(interval, interval + 1, most)]}, tighten)


def at_most_everywhere(most: int, patients: int, intervals: int) -> Piece:
    """Demand: at most so many patients in each interval."""

    def tighten(limits: Limits) -> None:
        limits.most = np.minimum(limits.most, most)

    return Piece(
        f"at most {most} in every interval",
        {
            # The patient after ``most`` others comes at least one interval later.
            "a": [(k + most, k, -1) for k in range(1, patients - most + 1)],
            "p": [(t, t + 1, most) for t in range(intervals)],
        },
        tighten,
    )


def at_least(interval: int, least: int) -> Piece:
    """Demand: at least so many patients in an interval."""

    def tighten(limits: Limits) -> None:
        limits.least[interval] = max(limits.least[interval], least)

    text = f"at least {least} in interval {interval}"
    return Piece(text, {"p": [(interval + 1, interval, -least)]}, tighten)


def minimum_gap(gap: int, patients: int, intervals: int) -> Piece:
    """Demand: so many intervals at least from a patient to the next."""

    def tighten(limits: Limits) -> None:
        limits.minimum_gap = max(limits.minimum_gap, gap)

    width = min(gap, intervals)
    return Piece(
        f"at least {gap} intervals from a patient to the next",
        {
            "a": [(k + 1, k, -gap) for k in range(1, patients)],
            "p": [(t, t + width, 1) for t in range(intervals - width + 1)],
        },
        tighten,
    )


def maximum_gap(gap: int, patients: int) -> Piece:
    """Demand: so many intervals at most from a patient to the next."""

    def tighten(limits: Limits) -> None:
        limits.maximum_gap = min(limits.maximum_gap, gap)

    text = f"at most {gap} intervals from a patient to the next"
    return Piece(text, {"a": [(k, k + 1, gap) for k in range(1, patients)]}, tighten)


def earliest(patient: int, interval: int) -> Piece:
    """Demand: a patient not before an interval."""

    def tighten(limits: Limits) -> None:
        limits.earliest[patient - 1] = max(limits.earliest[patient - 1], interval)

    return Piece(
        f"patient {patient} not before interval {interval}",
        # Fewer than the patient's place are booked before the interval.
        {"a": [(patient, 0, -interval)], "p": [(0, interval, patient - 1)]},
        tighten,
    )


def latest(patient: int, interval: int) -> Piece:
    """Demand: a patient not after an interval."""

    def tighten(limits: Limits) -> None:
        limits.latest[patient - 1] = min(limits.latest[patient - 1], interval)
        limits.fewest = max(limits.fewest, patient)

    return Piece(
        f"patient {patient} not after interval {interval}",
        # No fewer than the patient's place are booked up to the interval.
        {"a": [(0, patient, interval)], "p": [(interval + 1, 0, -patient)]},
        tighten,
    )


def fixed(patient: int, interval: int) -> Piece:
    """Demand: a patient in an interval."""
    first, last = earliest(patient, interval), latest(patient, interval)

    def tighten(limits: Limits) -> None:
        first.tighten(limits)
        last.tighten(limits)

    edges = {space: [*first.edges[space], *last.edges[space]] for space in first.edges}
    return Piece(f"patient {patient} in interval {interval}", edges, tighten)


#: The demands on single patients by name.
BY_PATIENT: dict[str, Callable[[int, int], Piece]] = {
    "earliest": earliest,
    "latest": latest,
    "fixed": fixed,
}
