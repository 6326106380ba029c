"""Which sessions with forecasts are valued, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from objective import InvalidInput
from objective.errors import known_keys
from opt.forecast_value.synthetic import SyntheticForecasts
from opt.replay.bootstrap import Bootstrap
from opt.replay.planning import check_lengths


@dataclass(frozen=True)
class ForecastValueSettings:
    """Which sessions are valued, and how.

    Attributes
    ----------
    file
        A session file or a folder of them, see `opt.forecast_value.session_files`; None for made-up
        ones.
    interval_length
        Minutes from one possible appointment to the next.
    length_factor
        Planned length of a session over the work that the clinic's averages expect in it, where the
        file does not give it; rounded up to whole intervals.
    bootstrap, synthetic
        How intervals are made, and the made-up sessions.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    file: str | None = None
    interval_length: float = 5.0
    length_factor: float = 1.0
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    synthetic: SyntheticForecasts = field(default_factory=SyntheticForecasts)

    def __post_init__(self) -> None:
        if self.file is not None and not isinstance(self.file, str):
            allowed = "the name of a file or folder, or null"
            raise InvalidInput("forecast_value.file", self.file, allowed)
        check_lengths("forecast_value", self.interval_length, self.length_factor)

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "ForecastValueSettings":
        """Make the settings that a mapping describes; raise `InvalidInput` for unknown fields."""
        names = [one.name for one in fields(ForecastValueSettings)]
        given = known_keys("forecast_value", description, names)
        given["bootstrap"] = Bootstrap.from_dict(given.get("bootstrap") or {})
        given["synthetic"] = SyntheticForecasts.from_dict(given.get("synthetic") or {})
        return ForecastValueSettings(**given)
