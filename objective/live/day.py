"""A clinic day that runs: what has been observed of it by now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from objective.errors import LARGEST, InvalidInput, finite_number, whole_number
from objective.laws import Array
from objective.remaining import Remaining
from objective.service_time import ServiceTime
from objective.session import ClinicSession

#: ``waiting`` is who has come and has not been called yet.
Status = Literal["expected", "waiting", "in_consultation", "done", "cancelled", "no_show"]
STATUSES: tuple[str, ...] = get_args(Status)
#: How long before and after the session something of it may be observed: a day, in minutes.
MARGIN = 1_440.0


@dataclass(frozen=True)
class LiveDay:
    """One provider's day as it stands; times in minutes from the start of the session.

    Who is present is served in the order of coming, as in the chains: a booked patient comes at the
    appointment time, or later if it is recorded to have arrived later; a walk-in comes before the
    booked patients of the same moment. A patient who waits already before the appointment follows
    everyone else who is present now, and precedes all who come later.

    Attributes
    ----------
    session
        The session as it was planned.
    schedule
        Patients booked at the start of each interval, (intervals,).
    now
        The moment of observation; negative before the session, and possibly after its end.
    status
        Of each patient in the order of booking, (patients,): a `Status`.
    since
        When the consultation that runs began; None if none runs.
    walk_in_in_consultation
        Whether that consultation is a walk-in's.
    waiting_walk_ins
        When each walk-in came who waits, minutes.
    arrived
        When patients who have come did so, by rank from 0, where it is known; by default at the
        appointment time, or now if that is later than now.
    away_until
        The provider begins no consultation before this moment; the one that runs goes on. In the
        past it means nothing.
    breaks
        Pairs of moments: the provider begins no consultation from the first of a pair on until the
        second; one that runs goes on. A profile counts the second at the next point of its grid.

    Raises
    ------
    InvalidInput
        If a field is outside its range, or the fields contradict each other: a moment after now,
        two consultations at once, one that runs longer than its law allows, a patient called while
        one waits who was there before. Also for walk-ins with priority, of which only mean waits
        are known.
    """

    session: ClinicSession
    schedule: Sequence[int]
    now: float
    status: Sequence[Status]
    since: float | None = None
    walk_in_in_consultation: bool = False
    waiting_walk_ins: Sequence[float] = ()
    arrived: Mapping[int, float] = field(default_factory=dict)
    away_until: float | None = None
    breaks: Sequence[tuple[float, float]] = ()

    def __post_init__(self) -> None:
        self._check_session()
        latest = self.session.length + MARGIN
        _moment("day.now", self.now, -LARGEST, latest)
        if self.away_until is not None:
            _moment("day.away_until", self.away_until, -LARGEST, latest)
        self._check_breaks(latest)
        self._check_statuses()
        self._check_walk_ins()
        self._check_consultation()
        self._check_arrivals()
        self._check_order()

    @cached_property
    def appointments(self) -> Array:
        """Appointment time of each patient, (patients,) minutes."""
        interval = np.repeat(np.arange(self.session.intervals), self.schedule)
        return interval.astype(np.float64) * float(self.session.interval_length)

    @cached_property
    def current(self) -> int | None:
        """Rank of the booked patient in consultation, from 0; None if there is none."""
        ranks = [rank for rank, one in enumerate(self.status) if one == "in_consultation"]
        return ranks[0] if ranks else None

    @cached_property
    def remaining(self) -> Remaining | None:
        """What is left of the consultation that runs; None if none runs."""
        law = self._current_service_time
        if self.since is None or law is None:
            return None
        return law.remaining(self.now - self.since)

    def came(self, rank: int) -> float:
        """Return when a patient came who has come, minutes."""
        return float(self.arrived.get(rank, min(self.appointments[rank], self.now)))

    def place(self, rank: int) -> float:
        """Return the moment by which a patient who has come is placed in the order of service."""
        return max(float(self.appointments[rank]), self.came(rank))

    @property
    def _current_service_time(self) -> ServiceTime | None:
        if self.current is not None:
            return self.session.roster[self.current].service_time
        return self.session.walk_ins.service_time if self.session.walk_ins else None

    def _check_session(self) -> None:
        session = self.session
        if not isinstance(session, ClinicSession):
            raise InvalidInput("day.session", session, "a ClinicSession")
        if session.priority:
            allowed = "'fcfs' on a day that runs: with priority only mean waits are known"
            raise InvalidInput("walk_ins.discipline", "priority", allowed)
        counts = self.schedule
        if not _listed(counts) or len(counts) != session.intervals:
            allowed = f"a list of {session.intervals} counts, one per interval"
            raise InvalidInput("day.schedule", counts, allowed)
        for interval, count in enumerate(counts):
            whole_number(f"day.schedule[{interval}]", count, 0, session.patients)
        if sum(counts) != session.patients:
            allowed = f"one of {session.patients} patients in total (here {sum(counts)})"
            raise InvalidInput("day.schedule", list(counts), allowed)

    def _check_breaks(self, latest: float) -> None:
        if not _listed(self.breaks):
            raise InvalidInput("day.breaks", self.breaks, "a list of pairs of minutes")
        for index, pair in enumerate(self.breaks):
            if not _listed(pair) or len(pair) != 2:
                raise InvalidInput(f"day.breaks[{index}]", pair, "a pair of minutes")
            first, last = (_moment(f"day.breaks[{index}]", one, -LARGEST, latest) for one in pair)
            if first >= last:
                raise InvalidInput(f"day.breaks[{index}]", pair, "a moment and a later one")

    def _check_statuses(self) -> None:
        patients = self.session.patients
        if not _listed(self.status) or len(self.status) != patients:
            allowed = f"a list of {patients}, one per patient"
            raise InvalidInput("day.status", self.status, allowed)
        for rank, one in enumerate(self.status):
            if one not in STATUSES:
                raise InvalidInput(f"day.status[{rank}]", one, "one of " + ", ".join(STATUSES))

    def _check_walk_ins(self) -> None:
        if not isinstance(self.walk_in_in_consultation, bool):
            given = self.walk_in_in_consultation
            raise InvalidInput("day.walk_in_in_consultation", given, "True or False")
        if not _listed(self.waiting_walk_ins):
            raise InvalidInput("day.waiting_walk_ins", self.waiting_walk_ins, "a list of minutes")
        for index, minute in enumerate(self.waiting_walk_ins):
            _moment(f"day.waiting_walk_ins[{index}]", minute, -MARGIN, self.now)
        if self.session.walk_ins is None:
            allowed = "absent where the session has no walk-ins"
            if self.waiting_walk_ins:
                raise InvalidInput("day.waiting_walk_ins", self.waiting_walk_ins, allowed)
            if self.walk_in_in_consultation:
                raise InvalidInput("day.walk_in_in_consultation", True, allowed)

    def _check_consultation(self) -> None:
        running = [rank for rank, one in enumerate(self.status) if one == "in_consultation"]
        if len(running) + self.walk_in_in_consultation > 1:
            who = [f"patient {rank}" for rank in running]
            who += ["a walk-in"] * self.walk_in_in_consultation
            raise InvalidInput("day.status", who, "one in consultation at most")
        if not running and not self.walk_in_in_consultation:
            if self.since is not None:
                raise InvalidInput("day.since", self.since, "None while nobody is in consultation")
            return
        if self.since is None:
            raise InvalidInput("day.since", None, "given while somebody is in consultation")
        _moment("day.since", self.since, -MARGIN, self.now)
        try:
            _ = self.remaining
        except InvalidInput:
            allowed = f"later: no consultation of this kind lasts {self.now - self.since:g} minutes"
            raise InvalidInput("day.since", self.since, allowed) from None

    def _check_arrivals(self) -> None:
        if not isinstance(self.arrived, Mapping):
            raise InvalidInput("day.arrived", self.arrived, "moments by rank of the patient")
        for rank, minute in self.arrived.items():
            whole_number("day.arrived (rank)", rank, 0, self.session.patients - 1)
            latest = self.now
            if rank == self.current and self.since is not None:
                latest = self.since
            _moment(f"day.arrived[{rank}]", minute, -MARGIN, latest)
            if self.status[rank] not in ("waiting", "in_consultation", "done"):
                allowed = f"absent for a patient who has not come ({self.status[rank]})"
                raise InvalidInput(f"day.arrived[{rank}]", minute, allowed)

    def _check_order(self) -> None:
        """Refuse a state in which somebody was called while who came before still waits."""
        waiting = [rank for rank, one in enumerate(self.status) if one == "waiting"]
        for called, one in enumerate(self.status):
            if one not in ("in_consultation", "done"):
                continue
            # When a patient who is done was called is not known, but not before it came.
            earliest = self.came(called)
            if called == self.current and self.since is not None:
                earliest = self.since
            for rank in waiting:
                ahead = (self.place(rank), rank) < (self.place(called), called)
                if ahead and self.came(rank) <= earliest:
                    allowed = f"in order: patient {rank}, who was there before, still waits"
                    raise InvalidInput(f"day.status[{called}]", one, allowed)


def _moment(field: str, value: object, earliest: float, latest: float) -> float:
    """Return a moment as a float; raise `InvalidInput` unless it is in its range."""
    allowed = f"minutes from the start of the session, from {earliest:g} to {latest:g}"
    moment = finite_number(field, value, allowed)
    if not earliest <= moment <= latest:
        raise InvalidInput(field, value, allowed)
    return moment


def _listed(values: object) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str)
