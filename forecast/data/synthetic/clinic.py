"""The clinic that is made up: how large it is, when it is open, and the laws that hold in it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.data.bank_holidays import bank_holidays
from forecast.data.synthetic.attendance import AttendanceLaw
from forecast.data.synthetic.choices import ChoiceLaw
from forecast.data.synthetic.consultations import ConsultationLaw
from forecast.data.synthetic.demand import DemandLaw
from forecast.data.synthetic.lead_times import LeadTimeLaw
from objective import InvalidInput
from objective.errors import non_negative_number, positive_number, whole_number

#: Most visits that are made: they take about 2 GB.
MOST_VISITS = 3_000_000
SATURDAY = 5
FIRST = pd.Timestamp("2024-01-01")


@dataclass(frozen=True)
class SyntheticClinic:
    """A clinic that is open from Monday to Friday, except on bank holidays.

    Attributes
    ----------
    first
        The first day of the history.
    weeks
        How long it is. It ends as if it had been read on the day after: later appointments that
        were booked by then are in it, without an outcome.
    providers
        How many see patients.
    requests_per_day, walk_ins_per_day
        How many ask for an appointment with, or come without one to, a provider on an open day, on
        average.
    visits_per_patient
        How often a patient is seen in the history, on average.
    country
        Whose bank holidays are kept, such as GB-ENG; None for nobody's.
    seed
        Of everything that is drawn.
    demand, lead_times, choices, attendance, consultations
        The laws that hold.

    Raises
    ------
    InvalidInput
        If a field is outside its range, or the history would be larger than `MOST_VISITS`.
    """

    first: pd.Timestamp = FIRST
    weeks: int = 26
    providers: int = 4
    requests_per_day: float = 28.0
    walk_ins_per_day: float = 4.0
    visits_per_patient: float = 4.0
    country: str | None = "GB-ENG"
    seed: int = 0
    demand: DemandLaw = field(default_factory=DemandLaw)
    lead_times: LeadTimeLaw = field(default_factory=LeadTimeLaw)
    choices: ChoiceLaw = field(default_factory=ChoiceLaw)
    attendance: AttendanceLaw = field(default_factory=AttendanceLaw)
    consultations: ConsultationLaw = field(default_factory=ConsultationLaw)

    def __post_init__(self) -> None:
        if self.first != self.first.normalize():
            raise InvalidInput("data.first", str(self.first), "a date without a time of day")
        whole_number("data.weeks", self.weeks, 1, 1_040)
        whole_number("data.providers", self.providers, 1, 1_000)
        whole_number("data.seed", self.seed, 0, 2**32 - 1)
        positive_number("data.requests_per_day", self.requests_per_day)
        non_negative_number("data.walk_ins_per_day", self.walk_ins_per_day)
        if positive_number("data.visits_per_patient", self.visits_per_patient) < 1:
            raise InvalidInput("data.visits_per_patient", self.visits_per_patient, "at least 1")
        for name in ("requests_per_day", "walk_ins_per_day"):
            if getattr(self, name) > 60:
                raise InvalidInput(f"data.{name}", getattr(self, name), "at most 60 per provider")
        if self.expected_visits > MOST_VISITS:
            found = f"{self.expected_visits:,.0f} visits"
            raise InvalidInput("data", found, f"a history of at most {MOST_VISITS:,} visits")
        bank_holidays(self.country, self.first, self.until)

    @property
    def until(self) -> pd.Timestamp:
        """The day on which the history is read: nothing of it, or after it, is known."""
        return self.first + pd.Timedelta(weeks=self.weeks)

    @property
    def expected_visits(self) -> float:
        """About how many visits the history has."""
        per_day = self.providers * (self.requests_per_day + self.walk_ins_per_day)
        return 5 * self.weeks * per_day

    @property
    def patients(self) -> int:
        """How many patients the clinic has."""
        return max(1, round(self.expected_visits / self.visits_per_patient))

    def open_days(self, first: pd.Timestamp, until: pd.Timestamp) -> pd.DatetimeIndex:
        """Return the days from one to before another on which the clinic is open."""
        days = pd.date_range(first, until, inclusive="left")
        closed = bank_holidays(self.country, first, until)
        return days[(days.dayofweek < SATURDAY) & ~days.isin(closed)]

    def generator(self, part: int) -> np.random.Generator:
        """Return a source of draws for a part of the history that no other part changes."""
        return np.random.default_rng([self.seed, part])
