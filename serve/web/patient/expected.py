"""When a patient is expected to be called, as a bar from now to then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from serve.live.own_call import OwnCall

#: How far the bar reaches beyond the latest moment, as a share of its length.
BEYOND = 0.08
#: Width of the bar, in units of its own.
WIDTH = 600.0


@dataclass(frozen=True)
class Bar:
    """Where things are on a line from now to a little after the latest expected moment.

    Attributes
    ----------
    earliest, latest, expected, planned
        Places of the interval's ends, of the expected moment and of the appointment; the last is
        None if it is past.
    marks
        Places with the moments to be written below them.
    """

    earliest: float
    latest: float
    expected: float
    planned: float | None
    marks: tuple[tuple[float, datetime], ...]


def bar_of(told: OwnCall) -> Bar | None:
    """Return the bar of what a patient is told; None where nothing is expected."""
    if told.expected_at is None or told.earliest_at is None or told.latest_at is None:
        return None
    length = max(told.latest_at - told.at, timedelta(minutes=5)) * (1 + BEYOND)

    def place(moment: datetime) -> float:
        return round(WIDTH * min(1.0, max(0.0, (moment - told.at) / length)), 1)

    planned = told.starts_at if told.starts_at is not None and told.starts_at > told.at else None
    return Bar(
        earliest=place(told.earliest_at),
        latest=place(told.latest_at),
        expected=place(told.expected_at),
        planned=None if planned is None else place(planned),
        marks=((0.0, told.at), (place(told.expected_at), told.expected_at)),
    )
