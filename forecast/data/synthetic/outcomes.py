"""What becomes of a visit by the day on which the history is read."""

import numpy as np
from numpy.typing import NDArray

from forecast.data.synthetic.attendance import AttendanceLaw
from forecast.data.synthetic.bookings import Bookings
from forecast.data.synthetic.lead_times import DAY

Whole = NDArray[np.int64]

STATUSES = ("completed", "no_show", "cancelled_by_patient", "cancelled_by_practice", "booked")
COMPLETED, MISSED, BY_PATIENT, BY_PRACTICE, BOOKED = range(5)
#: Arrival beside the appointment, seconds: mean, standard deviation, earliest and latest.
PUNCTUALITY = (-600.0, 540.0, -3_600.0, 2_700.0)


def draw_outcomes(
    law: AttendanceLaw,
    bookings: Bookings,
    miss: NDArray[np.float64],
    until: int,
    generator: np.random.Generator,
) -> tuple[Whole, Whole]:
    """Draw what became of visits, and when those that were cancelled were.

    Parameters
    ----------
    law
        How often appointments are cancelled.
    bookings
        The visits; those booked for another day may be cancelled.
    miss
        Probability that each is missed if it is not cancelled, (visits,).
    until
        When the history is read, seconds since 1970.
    generator
        Where draws come from.

    Returns
    -------
    tuple of ndarray
        Places in `STATUSES`, and seconds since 1970 or -1, each (visits,).
    """
    count = len(miss)
    lead = bookings.scheduled // DAY - bookings.booked // DAY
    by_patient = np.minimum(law.cancelled + law.cancelled_per_day * lead, law.most_cancelled)
    drawn = np.where(lead > 0, generator.random(count), 1.0)
    outcome = np.where(generator.random(count) < miss, MISSED, COMPLETED)
    outcome[drawn < by_patient + law.cancelled_by_practice] = BY_PRACTICE
    outcome[drawn < by_patient] = BY_PATIENT
    between = bookings.scheduled - bookings.booked
    when = bookings.booked + np.floor(generator.random(count) * between).astype(np.int64)
    called_off = ((outcome == BY_PATIENT) | (outcome == BY_PRACTICE)) & (when < until)
    outcome[(bookings.scheduled >= until) & ~called_off] = BOOKED
    return outcome.astype(np.int64), np.where(called_off, when, -1)


def draw_arrivals(
    bookings: Bookings, on_time: NDArray[np.bool_], generator: np.random.Generator
) -> Whole:
    """Draw when patients come, seconds since 1970, (visits,); some of them exactly on time."""
    mean, spread, earliest, latest = PUNCTUALITY
    beside = np.clip(generator.normal(mean, spread, len(on_time)), earliest, latest)
    arrived = bookings.scheduled + np.rint(beside).astype(np.int64)
    # Nobody is there before the booking.
    arrived = np.maximum(arrived, bookings.booked + 60)
    return np.asarray(np.where(on_time, bookings.scheduled, arrived), np.int64)
