"""What is common to all models of demand: what is counted, how far ahead, and what else is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from objective import InvalidInput
from objective.errors import whole_number

#: Minutes of a day, and the farthest day that is forecast.
DAY, MOST_DAYS = 1_440, 56
#: Days of history without which nothing is learned of a series.
FEWEST_DAYS = 14


@dataclass(frozen=True)
class Options:
    """Options of a forecast of demand.

    Attributes
    ----------
    period
        Length of the periods in which is counted, minutes: 1440 for days, 60 for hours. It is a
        part of a day and a multiple of the history's own periods, which are added up.
    horizon
        Days that are forecast from an origin, 1 to 56.
    series
        Which series of the history; none for all of them.
    factors
        Columns of the history that tell more of a period, such as an event. They must be known
        when a forecast is made: that of tomorrow's temperature is not the temperature.
    holidays
        Whether bank holidays of the history's country are told.
    day_effect
        Whether the periods of a day are more or less busy together.
    origin_every
        Days between the origins of an evaluation.
    refit_every
        Origins after which models learn again in an evaluation; 0 for never. In between they
        forecast from what they had learned and from the counts known since.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    period: int = DAY
    horizon: int = 14
    series: Sequence[str] = ()
    factors: Sequence[str] = ()
    holidays: bool = True
    day_effect: bool = True
    origin_every: int = 7
    refit_every: int = 1

    def __post_init__(self) -> None:
        whole_number("model.options.period", self.period, 1, DAY)
        if DAY % self.period:
            raise InvalidInput("model.options.period", self.period, "minutes that divide a day")
        whole_number("model.options.horizon", self.horizon, 1, MOST_DAYS)
        whole_number("model.options.origin_every", self.origin_every, 1, 366)
        whole_number("model.options.refit_every", self.refit_every, 0, 100_000)
        for name in ("holidays", "day_effect"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidInput(f"model.options.{name}", getattr(self, name), "true or false")
        for name in ("series", "factors"):
            names = getattr(self, name)
            listed = isinstance(names, Sequence) and not isinstance(names, str)
            if not listed or not all(isinstance(one, str) for one in names):
                raise InvalidInput(f"model.options.{name}", names, "a list of names")
            if len(set(names)) < len(names):
                raise InvalidInput(f"model.options.{name}", names, "names that differ")
            # Options that were read from a file are equal to those that were given in code.
            object.__setattr__(self, name, tuple(names))

    @property
    def per_day(self) -> int:
        """Periods of a day."""
        return DAY // self.period

    @property
    def ahead(self) -> int:
        """Periods that are forecast from an origin."""
        return self.horizon * self.per_day

    @property
    def season(self) -> int:
        """Periods of a week."""
        return 7 * self.per_day

    @property
    def safe_lag(self) -> int:
        """The fewest whole weeks that are not shorter than the horizon, periods."""
        return -(-self.horizon // 7) * self.season
