"""How long before its day an appointment is booked, and at what time of day it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from objective import InvalidInput

Whole = NDArray[np.int64]

#: When the halves of a day begin, and how long each is, in seconds.
HALVES, HALF_LENGTH = (8 * 3_600, 13 * 3_600), 4 * 3_600
#: Appointments begin at multiples of it, seconds.
SLOT = 600
#: The shortest time between a booking and the appointment, seconds.
NOTICE = 1_200
DAY = 86_400


@dataclass(frozen=True)
class LeadTimeLaw:
    """A part is for the same day; the lead time of the others is lognormal, in days.

    Attributes
    ----------
    same_day
        Part of the requests that is for the same day.
    median, upper_decile
        Of the lead time of the others, days.
    longest
        Nothing is booked longer ahead, days.
    """

    same_day: float = 0.35
    median: float = 9.0
    upper_decile: float = 35.0
    longest: int = 84

    def __post_init__(self) -> None:
        if not 0 <= self.same_day <= 1:
            raise InvalidInput("same_day", self.same_day, "from 0 to 1")
        if not 1 <= self.median < self.upper_decile:
            raise InvalidInput("median", self.median, "from 1 to below the upper decile")

    def draw_ahead(self, count: int | tuple[int, ...], generator: np.random.Generator) -> Whole:
        """Draw lead times of those who do not come on the same day, whole days from 1."""
        spread = np.log(self.upper_decile / self.median) / 1.2815515655446004
        days = np.exp(generator.normal(np.log(self.median), spread, count))
        return np.clip(np.rint(days), 1, self.longest).astype(np.int64)


def slots() -> Whole:
    """Return the times of day at which appointments begin, seconds after midnight, rising."""
    return np.concatenate([np.arange(half, half + HALF_LENGTH, SLOT) for half in HALVES])


def days_ahead(booked: Whole, ahead: Whole, open_days: Whole) -> Whole:
    """Return the day, since 1970, of appointments that are so many days after open days.

    A week has five open days, so that no weekday is busier because the days before it are closed.
    """
    places = np.searchsorted(open_days, booked, side="right") - 1
    later = np.maximum(np.rint(ahead * 5 / 7).astype(np.int64), 1)
    return open_days[np.minimum(places + later, len(open_days) - 1)]


def draw_appointments(
    law: LeadTimeLaw, booked: Whole, open_days: Whole, generator: np.random.Generator
) -> Whole:
    """Draw the appointment that follows each request.

    Parameters
    ----------
    law
        How long ahead they are booked.
    booked
        When each was asked for, seconds since 1970, (requests,); on open days.
    open_days
        Days since 1970 on which the clinic is open, rising.
    generator
        Where draws come from.

    Returns
    -------
    ndarray
        Seconds since 1970, (requests,); after ``booked``.
    """
    times = slots()
    day, clock = booked // DAY, booked % DAY
    ahead = law.draw_ahead(len(booked), generator)
    first = np.searchsorted(times, clock + NOTICE)
    same_day = (generator.random(len(booked)) < law.same_day) & (first < len(times))
    first = np.where(same_day, first, 0)
    place = first + np.floor(generator.random(len(booked)) * (len(times) - first)).astype(np.int64)
    on = np.where(same_day, day, days_ahead(day, ahead, open_days))
    return np.asarray(on * DAY + times[place], np.int64)
