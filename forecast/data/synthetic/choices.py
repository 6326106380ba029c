"""Which of the seats offered a patient takes: a multinomial logit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.data.synthetic.lead_times import DAY, LeadTimeLaw, days_ahead, slots
from forecast.data.synthetic.patients import Patients
from objective import InvalidInput

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class ChoiceLaw:
    """The utility of a seat is a sum; that of taking none is 0; the noise is Gumbel.

    Attributes
    ----------
    offered
        Part of the requests for another day that is answered by an offer of seats; all others are
        by telephone.
    seats
        How many are offered together.
    constant
        What every seat has.
    per_week
        What each week until the seat adds.
    own_provider
        What the patient's usual provider adds.
    hours
        What the time of day adds, each from an hour on until the next.
    weekdays
        What Monday to Friday add.
    """

    offered: float = 0.3
    seats: int = 4
    constant: float = 0.5
    per_week: float = -0.5
    own_provider: float = 0.8
    hours: tuple[tuple[int, float], ...] = ((8, 0.2), (10, 0.4), (12, 0.0), (15, -0.3))
    weekdays: tuple[float, ...] = (0.1, 0.0, 0.0, 0.0, -0.3)

    def __post_init__(self) -> None:
        if not 0 <= self.offered <= 1:
            raise InvalidInput("offered", self.offered, "from 0 to 1")
        if not 1 <= self.seats <= 20:
            raise InvalidInput("seats", self.seats, "from 1 to 20")

    def utility(self, offered_at: Whole, seat_at: Whole, own: NDArray[np.bool_]) -> Array:
        """Return the utility of seats, times in seconds since 1970."""
        # 1 January 1970 was a Thursday.
        weekday = np.minimum((seat_at // DAY + 3) % 7, 4)
        begins, values = np.array(self.hours).T
        part = np.searchsorted(begins, seat_at % DAY // 3_600, side="right") - 1
        weeks = (seat_at - offered_at) / (7 * DAY)
        return np.asarray(
            self.constant
            + self.per_week * weeks
            + self.own_provider * own
            + values[part]
            + np.array(self.weekdays)[weekday],
            np.float64,
        )


@dataclass(frozen=True)
class Offers:
    """Occasions on which seats were offered; all but ``taken`` are (occasions, seats).

    Attributes
    ----------
    seat_at
        Seconds since 1970.
    provider
        Number of the provider.
    own
        Whether it is the patient's usual provider.
    there
        Whether the seat is offered: no seat is offered twice on an occasion.
    acceptance
        The probability that it is taken.
    taken
        The place of the seat taken, (occasions,); -1 for none.
    """

    seat_at: Whole
    provider: Whole
    own: NDArray[np.bool_]
    there: NDArray[np.bool_]
    acceptance: Array
    taken: Whole


def draw_offers(
    law: ChoiceLaw,
    lead_times: LeadTimeLaw,
    patients: Patients,
    who: Whole,
    booked: Whole,
    open_days: Whole,
    providers: int,
    generator: np.random.Generator,
) -> Offers:
    """Draw what is offered to patients and what they take.

    Parameters
    ----------
    law, lead_times
        How patients choose, and how long ahead seats are.
    patients, who
        The patients, and which of them each occasion is for, (occasions,).
    booked
        When seats are offered, seconds since 1970, (occasions,).
    open_days
        Days since 1970 on which the clinic is open, rising.
    providers
        How many there are.
    generator
        Where draws come from.
    """
    shape = (len(who), law.seats)
    ahead = lead_times.draw_ahead(shape, generator)
    days = days_ahead((booked // DAY)[:, None], ahead, open_days)
    times = slots()
    seat_at = days * DAY + times[generator.integers(0, len(times), shape)]
    usual = patients.provider[who][:, None]
    provider = np.where(
        generator.random(shape) < 0.5, usual, generator.integers(0, providers, shape)
    )
    # A provider's seat has one number, so that twice the same is seen.
    number = seat_at * providers + provider
    order = np.argsort(number, axis=1, kind="stable")
    ordered = np.take_along_axis(number, order, 1)
    new = np.ones(shape, bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    seat_at, provider = (np.take_along_axis(one, order, 1) for one in (seat_at, provider))
    own = provider == usual
    utility = np.where(new, law.utility(booked[:, None], seat_at, own), -np.inf)
    weights = np.exp(utility)
    acceptance = weights / (1 + weights.sum(axis=1, keepdims=True))
    noisy = np.concatenate([utility, np.zeros((len(who), 1))], axis=1)
    best = np.argmax(noisy + generator.gumbel(size=noisy.shape), axis=1)
    taken = np.where(best == law.seats, -1, best)
    return Offers(seat_at, provider, own, new, acceptance, taken)
