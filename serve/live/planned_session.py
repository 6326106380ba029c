"""What a clinic day's description says of whoever comes, made once and kept."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from objective import ClinicSession, InvalidInput, ServiceTime
from objective.live.grid import Masses
from objective.patients import Patient
from objective.session import MAX_INTERVAL_LENGTH, MAX_INTERVALS

#: Largest width of the grids on which days are followed, minutes.
STEP = 1.0
#: Masses of the laws of all days, kept from one moment to the next.
MASSES = Masses()


@dataclass(frozen=True)
class PlannedSession:
    """A session's laws, on the grid of its clinic day.

    Attributes
    ----------
    session
        Grid, walk-ins and interruptions; who is booked is put in for each moment anew.
    kinds
        Where patients differ, what each seat of the schedule was planned for, in order.
    priority
        Whether walk-ins who wait go before booked patients.
    """

    session: ClinicSession
    kinds: tuple[Patient, ...]
    priority: bool

    @property
    def booked(self) -> Patient:
        """A patient of whom nothing is known but the session."""
        return Patient(self.session.service_time, self.session.no_show)

    @property
    def walk_in(self) -> Patient:
        """A patient who came unbooked."""
        walk_ins = self.session.walk_ins
        law = self.session.service_time if walk_ins is None else walk_ins.service_time
        return Patient(law, 0.0)

    def of_seat(self, rank: int | None) -> Patient:
        """Return the patient that the seat of a rank was planned for; those beyond as the last."""
        if rank is None or not self.kinds:
            return self.booked
        return self.kinds[min(rank, len(self.kinds) - 1)]


def planned_session(
    objective: Mapping[str, Any],
    intervals: int,
    interval_minutes: float,
    service_time: Mapping[str, Any],
    no_show: float,
) -> PlannedSession:
    """Return what a clinic day's objective says, and never fail.

    Where the objective cannot be read, its type of visit says how long consultations take, and
    where that cannot be read either they take an interval on average. A day has 2,000 intervals of
    a day at most. Walk-ins
    and interruptions that do not fit the day's intervals are left out. A law whose tail fits on no
    grid is replaced by the exponential law of its mean. Walk-ins with priority, of which the law of
    a day that runs is not known, come in turn: who has come already goes first, whoever is still to
    come is counted after those who wait. Finish and overtime are the same either way; starts of
    booked patients are told too early by those who will yet overtake them.

    Parameters
    ----------
    objective
        As `serve.models.ClinicDay.objective` has it.
    intervals, interval_minutes
        The day's grid.
    service_time, no_show
        Of the type of visit.
    """
    return _made(
        json.dumps(objective, sort_keys=True),
        min(intervals, MAX_INTERVALS),
        min(interval_minutes, float(MAX_INTERVAL_LENGTH)),
        json.dumps(service_time, sort_keys=True),
        no_show,
    )


@lru_cache(maxsize=256)
def _made(
    objective: str, intervals: int, interval_minutes: float, service_time: str, no_show: float
) -> PlannedSession:
    try:
        told = ClinicSession.from_dict(json.loads(objective)["session"])
    except (InvalidInput, KeyError, TypeError):
        law = _of_visit_type(json.loads(service_time), interval_minutes)
        told = ClinicSession(1, intervals, interval_minutes, law, no_show)
    differ = told.patient_types is not None
    kinds = tuple(
        replace(one, service_time=_on_grid(one.service_time, interval_minutes))
        for one in (told.roster if differ else ())
    )
    session = ClinicSession(
        1,
        intervals,
        interval_minutes,
        _on_grid(told.service_time, interval_minutes),
        told.no_show,
    )
    return PlannedSession(_with_unbooked(session, told), kinds, told.priority)


def _of_visit_type(described: Mapping[str, Any], interval_minutes: float) -> ServiceTime:
    try:
        return ServiceTime.from_dict(described)
    except InvalidInput:
        return ServiceTime.exponential(interval_minutes)


def _with_unbooked(session: ClinicSession, told: ClinicSession) -> ClinicSession:
    """Return a session with what comes unbooked, as far as it fits its intervals."""
    length = session.interval_length
    if told.walk_ins is not None:
        law = _on_grid(told.walk_ins.service_time, length)
        with suppress(InvalidInput):
            walk_ins = replace(told.walk_ins, service_time=law, discipline="fcfs")
            session = replace(session, walk_ins=walk_ins)
    fitting = [
        replace(one, work=_on_grid(one.work, length))
        for one in told.interruptions
        if one.interval < session.intervals
    ]
    return replace(session, interruptions=tuple(fitting))


def _on_grid(law: ServiceTime, interval_minutes: float) -> ServiceTime:
    """Return a law that a grid can hold."""
    try:
        law.mass(min(STEP, interval_minutes))
    except InvalidInput:
        return ServiceTime.exponential(law.mean)
    return law
