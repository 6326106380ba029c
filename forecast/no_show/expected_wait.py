"""What it does to the wait of each group when sessions are overbooked by individual forecasts.

Whoever is likely to miss an appointment is double-booked first, and waits longer when coming after
all. Where the forecast differs between groups, so do then their waits (Samorani, Harris, Blount, Lu
& Santoro 2022, "Overbooked and overlooked", doi:10.1287/msom.2021.0999). Here that is computed, not
guessed: every session below is priced exactly, patient by patient, with both ways to fill it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.past import Numbers
from forecast.no_show.visits import Whole
from objective import ClinicSession, Objective, PatientType, ServiceTime, Weights


@dataclass(frozen=True)
class StandardSession:
    """The session in which groups are compared.

    It has ``seats`` intervals as long as a consultation takes on average, and as many patients as
    fill the seats with those who come: the seats divided by the clinic's average probability to
    come, rounded down, at most two to a seat. The seats with two patients are spread evenly.

    With the *average*, everybody is as likely to come, and patients sit in the order in which they
    booked. With *individual* forecasts, those most likely to miss share the seats with two, and the
    others keep that order in the seats with one.

    Attributes
    ----------
    seats
        Number of intervals.
    minutes
        Length of an interval, and the mean of a consultation.
    cv
        Coefficient of variation of a consultation, which is lognormal; 0.47 was measured for one
        physician (Feng et al. 2023, doi:10.3390/data8030047).
    sessions
        Sessions that are filled, each with patients of one day, drawn without replacement.
    """

    seats: int = 12
    minutes: float = 15.0
    cv: float = 0.47
    sessions: int = 100

    def places(self, average: float) -> list[int]:
        """Return how many patients sit in each seat, (seats,)."""
        booked = min(int(self.seats / (1 - average)), 2 * self.seats)
        extra = max(booked - self.seats, 0)
        shared = {int((one + 0.5) * self.seats / extra) for one in range(extra)}
        return [2 if seat in shared else 1 for seat in range(self.seats)]

    def waits(self, places: list[int], no_show: Numbers) -> Numbers:
        """Return the expected wait of each patient who comes, minutes, in the order of seats.

        Parameters
        ----------
        places
            Patients per seat, (seats,).
        no_show
            Their probabilities not to come, (patients,).
        """
        names = [str(rank) for rank in range(len(no_show))]
        session = ClinicSession(
            patients=len(no_show),
            intervals=self.seats,
            interval_length=self.minutes,
            service_time=ServiceTime.lognormal(self.minutes, self.cv),
            patient_types={
                name: PatientType(no_show=float(one))
                for name, one in zip(names, no_show, strict=True)
            },
            order=names,
        )
        objective = Objective(session, Weights(waiting=1.0, idle=1.0, tardiness=1.0))
        return np.asarray(objective.profile([places]).expected_wait.numpy(), np.float64)


def individual_order(places: list[int], no_show: Numbers) -> NDArray[np.intp]:
    """Return who sits where, (patients,), with those most likely to miss in the shared seats."""
    shared = np.repeat(places, places) == 2
    ranked = np.argsort(-no_show, kind="stable")
    likely, others = ranked[: shared.sum()], np.sort(ranked[shared.sum() :])
    order = np.empty(len(no_show), np.intp)
    order[shared], order[~shared] = likely, others
    return order


def expected_waits(
    session: StandardSession,
    no_show: Numbers,
    day: Whole,
    booked_at: NDArray[np.datetime64],
    groups: Mapping[str, NDArray[np.object_]],
) -> pd.DataFrame:
    """Return the expected wait per group under both ways to fill the standard session.

    Columns: ``attribute``, ``group``, ``patients`` (in all sessions), ``average`` and
    ``individual`` (minutes that those of the group who come are expected to wait), and ``change``.
    No rows if no day has patients enough for a session, or nothing tells groups apart.

    Parameters
    ----------
    no_show, day, booked_at
        Forecasts, days and bookings of the appointments to draw from, (appointments,) each.
    groups
        By attribute, the group of each appointment, (appointments,).
    """
    places = session.places(float(no_show.mean()))
    size = sum(places)
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(len(day))
    # Patients of one day stand together, in random order, and are dealt to sessions.
    dealt = shuffled[np.argsort(day[shuffled], kind="stable")]
    _, firsts, counts = np.unique(day[dealt], return_index=True, return_counts=True)
    starts = np.concatenate(
        [
            first + size * np.arange(count // size)
            for first, count in zip(firsts, counts, strict=True)
        ]
    )
    chosen = generator.permutation(starts)[: session.sessions]
    rows, average, individual = [], [], []
    for start in chosen:
        these = dealt[start : start + size]
        these = these[np.argsort(booked_at[these], kind="stable")]
        rows.append(these)
        average.append(session.waits(places, no_show[these]))
        order = individual_order(places, no_show[these])
        wait = np.empty(size)
        wait[order] = session.waits(places, no_show[these][order])
        individual.append(wait)
    columns = ["attribute", "group", "patients", "average", "individual", "change"]
    if not rows or not groups:
        return pd.DataFrame(columns=columns)
    place = np.concatenate(rows)
    coming = 1 - no_show[place]
    tables = []
    for name, labels in groups.items():
        table = pd.DataFrame(
            {
                "group": labels[place],
                "patients": 1.0,
                "coming": coming,
                "average": coming * np.concatenate(average),
                "individual": coming * np.concatenate(individual),
            }
        )
        sums = table.groupby("group").sum()
        for way in ("average", "individual"):
            sums[way] /= sums["coming"]
        sums["change"] = sums["individual"] - sums["average"]
        sums["patients"] = sums["patients"].astype(np.int64)
        tables.append(sums.reset_index().assign(attribute=name)[columns])
    return pd.concat(tables, ignore_index=True)
