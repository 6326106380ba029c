"""Which session is wanted: whose, when, how long, and for how many."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import pandas as pd

from forecast.data.moments import moment_from
from objective import InvalidInput
from objective.commands.errors import start_of_day
from objective.errors import finite_number, known_keys, positive_number, probability, whole_number
from objective.session import MAX_INTERVALS, MAX_PATIENTS

DAY = 1_440


@dataclass(frozen=True)
class WalkInOptions:
    """How walk-ins enter the session.

    Attributes
    ----------
    series
        What the demand model calls them; None leaves them out.
    share
        Part of them whom this provider sees; None for the part that the visits of the past say.
    law
        ``rate``: a Poisson number in each interval; ``counts``: one that varies as days do.
    discipline
        ``fcfs`` or ``priority``, see `objective.WalkIns`.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    series: str | None = "walk_ins"
    share: float | None = None
    law: Literal["rate", "counts"] = "rate"
    discipline: Literal["fcfs", "priority"] = "fcfs"

    def __post_init__(self) -> None:
        if self.series is not None and not isinstance(self.series, str):
            raise InvalidInput("task.walk_ins.series", self.series, "a name, or null")
        if self.share is not None:
            probability("task.walk_ins.share", self.share)
        for name, allowed in (("law", ("rate", "counts")), ("discipline", ("fcfs", "priority"))):
            if getattr(self, name) not in allowed:
                field = f"task.walk_ins.{name}"
                raise InvalidInput(field, getattr(self, name), " or ".join(allowed))


@dataclass(frozen=True)
class SessionRequest:
    """A session of a provider.

    Attributes
    ----------
    provider, date, start
        Whose it is, on which date, and when it begins on the clock.
    intervals, interval_length
        How many intervals of how many minutes.
    patients
        How many to book; None for as many as fill ``utilisation`` of the session on average, and at
        least those who are booked already.
    utilisation
        Share of the session that consultations are to take where ``patients`` is None.
    visit_types
        Share of each visit type; None for those booked and, for the rest, the provider's usual mix.
    as_of
        When the forecast is made; None for the day after the last that the history knows.
    days
        Days of the past from which averages are taken.
    horizon
        Most days ahead.
    levels
        Probabilities at whose quantiles each input is varied.
    walk_ins
        How walk-ins enter.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    provider: str
    date: pd.Timestamp
    start: str = "09:00"
    intervals: int = 36
    interval_length: float = 5.0
    patients: int | None = None
    utilisation: float = 0.9
    visit_types: Mapping[str, float] | None = None
    as_of: pd.Timestamp | None = None
    days: int = 182
    horizon: int = 56
    levels: tuple[float, ...] = (0.1, 0.5, 0.9)
    walk_ins: WalkInOptions = WalkInOptions()

    def __post_init__(self) -> None:
        if not isinstance(self.provider, str) or not self.provider.strip():
            raise InvalidInput("task.provider", self.provider, "a name")
        if self.date != self.date.normalize():
            raise InvalidInput("task.date", str(self.date), "a date, without a time")
        start_of_day(self.start)
        whole_number("task.intervals", self.intervals, 1, MAX_INTERVALS)
        positive_number("task.interval_length", self.interval_length)
        if self.until > self.date + pd.Timedelta(days=1):
            allowed = f"an end of the session, {self.until}, that is not after midnight"
            raise InvalidInput("task.intervals", self.intervals, allowed)
        if self.patients is not None:
            whole_number("task.patients", self.patients, 1, MAX_PATIENTS)
        if not 0 < finite_number("task.utilisation", self.utilisation, "above 0, to 2") <= 2:
            raise InvalidInput("task.utilisation", self.utilisation, "above 0, to 2")
        self._check_visit_types()
        whole_number("task.days", self.days, 1, 36_500)
        whole_number("task.horizon", self.horizon, 1, 366)
        self._check_levels()

    def _check_visit_types(self) -> None:
        shares = self.visit_types
        if shares is None:
            return
        if not isinstance(shares, Mapping) or not shares:
            raise InvalidInput("task.visit_types", shares, "shares by visit type")
        total = sum(probability(f"task.visit_types.{name}", one) for name, one in shares.items())
        if abs(total - 1) > 1e-6:
            raise InvalidInput("task.visit_types", dict(shares), "shares that add up to 1")

    def _check_levels(self) -> None:
        allowed = "probabilities above 0 and below 1 that rise"
        if isinstance(self.levels, str) or not isinstance(self.levels, Sequence) or not self.levels:
            raise InvalidInput("task.levels", self.levels, allowed)
        levels = tuple(finite_number("task.levels", level, allowed) for level in self.levels)
        inside = all(0 < level < 1 for level in levels)
        if not inside or list(levels) != sorted(set(levels)):
            raise InvalidInput("task.levels", list(levels), allowed)
        object.__setattr__(self, "levels", levels)

    @property
    def begins(self) -> pd.Timestamp:
        """When the session begins."""
        return self.date + pd.Timedelta(minutes=start_of_day(self.start))

    @property
    def until(self) -> pd.Timestamp:
        """When it ends."""
        return self.begins + pd.Timedelta(minutes=self.minutes)

    @property
    def minutes(self) -> float:
        """How long it is planned to last."""
        return self.intervals * self.interval_length

    @property
    def file_name(self) -> str:
        """What its file is called: provider and date, in letters that Hydra takes."""
        words = re.sub(r"[^a-z0-9]+", "_", self.provider.lower()).strip("_") or "provider"
        return f"{words}_{self.date:%Y_%m_%d}"

    @property
    def words(self) -> str:
        """Whose session it is, and when, in words."""
        day = f"{self.date:%A} {self.date.day} {self.date:%B %Y}"
        return f"{self.provider}, {day}, {self.begins:%H:%M} to {self.until:%H:%M}"

    @staticmethod
    def from_settings(settings: Mapping[str, Any]) -> "SessionRequest":
        """Make what the group ``task`` describes; raise `InvalidInput` for what is unknown."""
        known = tuple(field.name for field in fields(SessionRequest))
        given = known_keys("task", settings, known, required=("provider", "date"))
        given["provider"] = str(given["provider"])
        for name in ("date", "as_of"):
            if given.get(name) is not None:
                given[name] = moment_from(f"task.{name}", given[name])
        if given["date"] is None:
            raise InvalidInput("task.date", None, "a date")
        names = tuple(field.name for field in fields(WalkInOptions))
        walk_ins = known_keys("task.walk_ins", given.get("walk_ins") or {}, names)
        given["walk_ins"] = WalkInOptions(**walk_ins)
        return SessionRequest(**given)
