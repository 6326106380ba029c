"""What is chosen for all models of no-shows together."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from forecast.data.tables import VISITS
from forecast.no_show.calibration import METHODS, Method
from forecast.no_show.features import Features, features_of
from forecast.no_show.past import Past
from objective import InvalidInput
from objective.errors import probability, whole_number

#: Columns that have their own meaning, or tell what became of a visit: never features.
NEVER = {one.name for one in VISITS.columns} - {"provider", "visit_type"}


@dataclass(frozen=True)
class Options:
    """What the models look at, how they are calibrated, and what is reported of them.

    Attributes
    ----------
    numeric, categorical
        Columns of the visits that are features, as far as they are known when the forecast is made.
        Lead time, weekdays, hours, and the patient's earlier visits and other bookings always are.
    protected
        Attributes of which the report shows groups. They are features only if they are named above,
        and then the report says so.
    age_groups
        The first year of each group but the youngest, where a protected column is ``age``.
    window_days, most_visits
        An earlier visit counts for so many days, and of a patient at most so many.
    at_booking
        Whether an appointment is forecast when it is booked, not the night before.
    calibration, calibration_days, calibrate_apart
        How probabilities are corrected, by how many of the last clinic days, and whether those
        booked on the same day and those booked ahead are corrected apart.
    refit_every
        In the held-out period, models learn anew every so many days; 0 for never.
    alarm_auc, alarm_auc_ahead
        An area under the curve above it, of all or of those booked ahead, is called a leak until
        shown otherwise. Published models that are tested on later visits reach 0.71 to 0.86.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    numeric: Sequence[str] = ()
    categorical: Sequence[str] = ("provider", "visit_type")
    protected: Sequence[str] = ("age", "sex", "area")
    age_groups: Sequence[int] = (18, 40, 65)
    window_days: int = 365
    most_visits: int = 10
    at_booking: bool = False
    calibration: Method = "intercept"
    calibration_days: int = 5
    calibrate_apart: bool = True
    refit_every: int = 0
    alarm_auc: float = 0.86
    alarm_auc_ahead: float = 0.86

    def __post_init__(self) -> None:
        for name in ("numeric", "categorical", "protected"):
            given = getattr(self, name)
            listed = isinstance(given, Sequence) and not isinstance(given, str)
            if not listed or not all(isinstance(one, str) and one for one in given):
                raise InvalidInput(f"model.options.{name}", given, "a list of columns")
            object.__setattr__(self, name, tuple(given))
        for name in (*self.numeric, *self.categorical):
            if name in NEVER:
                allowed = "a column that says nothing of the outcome, and no name"
                raise InvalidInput(
                    "model.options.numeric or model.options.categorical", name, allowed
                )
        both = [name for name in self.numeric if name in self.categorical]
        if both:
            raise InvalidInput(
                "model.options.categorical", both, "other columns than model.options.numeric"
            )
        groups = self.age_groups
        rising = isinstance(groups, Sequence) and list(groups) == sorted(set(groups))
        if not rising or not all(isinstance(one, int) and 0 < one < 150 for one in groups):
            raise InvalidInput(
                "model.options.age_groups", groups, "rising whole years, from 1 to 149"
            )
        object.__setattr__(self, "age_groups", tuple(groups))
        for name, low in (("window_days", 1), ("most_visits", 1), ("calibration_days", 1)):
            whole_number(f"model.options.{name}", getattr(self, name), low, 36_500)
        whole_number("model.options.refit_every", self.refit_every, 0, 36_500)
        if self.calibration not in METHODS:
            raise InvalidInput("model.options.calibration", self.calibration, ", ".join(METHODS))
        for name in ("at_booking", "calibrate_apart"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidInput(f"model.options.{name}", getattr(self, name), "true or false")
        for name in ("alarm_auc", "alarm_auc_ahead"):
            probability(f"model.options.{name}", getattr(self, name))

    def past(self, visits: pd.DataFrame) -> Past:
        """Return visits, ready to be asked what was known of patients."""
        return Past(visits, self.window_days, self.most_visits)

    def features(self, appointments: pd.DataFrame, past: Past) -> Features:
        """Return what the models look at of appointments."""
        return features_of(
            appointments, past, tuple(self.numeric), tuple(self.categorical), self.at_booking
        )
