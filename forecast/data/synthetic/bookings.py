"""Who asks for an appointment and is booked for when, and who comes without one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.synthetic.choices import Offers, draw_offers
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.demand import draw_times
from forecast.data.synthetic.lead_times import DAY, draw_appointments
from forecast.data.synthetic.names import names, times
from forecast.data.synthetic.patients import Patients

Whole = NDArray[np.int64]

#: Part of the patients whom their usual provider sees, if they are booked by telephone.
OWN_PROVIDER = 0.7


@dataclass(frozen=True)
class Bookings:
    """Visits that were asked for, each (visits,).

    Attributes
    ----------
    who, provider
        Numbers of the patient and the provider.
    booked, scheduled
        When it was asked for and when it is, seconds since 1970.
    """

    who: Whole
    booked: Whole
    scheduled: Whole
    provider: Whole

    def select(self, which: NDArray[np.bool_]) -> "Bookings":
        """Return some of them."""
        return Bookings(
            self.who[which], self.booked[which], self.scheduled[which], self.provider[which]
        )

    def join(self, others: "Bookings") -> "Bookings":
        """Return these and then others."""
        return Bookings(
            np.concatenate([self.who, others.who]),
            np.concatenate([self.booked, others.booked]),
            np.concatenate([self.scheduled, others.scheduled]),
            np.concatenate([self.provider, others.provider]),
        )


def draw_booked(clinic: SyntheticClinic, patients: Patients) -> tuple[Bookings, pd.DataFrame]:
    """Draw what is asked for until the history ends, for days of the history or after it.

    Returns
    -------
    Bookings
        What was booked.
    DataFrame
        What was offered within the history: the table of offers and, as ``acceptance``, the
        probability that the seat is taken.
    """
    generator = clinic.generator(1)
    before = clinic.first - pd.Timedelta(days=clinic.lead_times.longest)
    # Long enough that an open day follows whatever is booked last.
    after = clinic.until + pd.Timedelta(days=clinic.lead_times.longest + 14)
    open_days = clinic.open_days(before, after)
    days = open_days[open_days < clinic.until]
    per_day = clinic.providers * clinic.requests_per_day
    booked = draw_times(clinic.demand, days, per_day, clinic.demand.requests_effect, generator)
    who = patients.draw(len(booked), generator)
    numbers = open_days.to_numpy("datetime64[D]").astype(np.int64)
    scheduled = draw_appointments(clinic.lead_times, booked, numbers, generator)
    usual = generator.random(len(booked)) < OWN_PROVIDER
    other = generator.integers(0, clinic.providers, len(booked))
    provider = np.where(usual, patients.provider[who], other)

    ahead = scheduled // DAY > booked // DAY
    asked = np.flatnonzero(ahead & (generator.random(len(booked)) < clinic.choices.offered))
    offers = draw_offers(
        clinic.choices, clinic.lead_times, patients, who[asked], booked[asked], numbers,
        clinic.providers, clinic.generator(2),
    )  # fmt: skip
    # Who takes none of the seats calls, and is booked as all others are.
    took = np.flatnonzero(offers.taken >= 0)
    scheduled[asked[took]] = offers.seat_at[took, offers.taken[took]]
    provider[asked[took]] = offers.provider[took, offers.taken[took]]
    first = clinic.first.value // 10**9
    table = _offers(clinic, offers, who[asked], booked[asked])
    inside = (table["offered_at"] >= clinic.first).to_numpy()
    every = Bookings(who, booked, scheduled, provider)
    return every.select(scheduled >= first), table[inside].reset_index(drop=True)


def draw_walk_ins(clinic: SyntheticClinic, patients: Patients) -> Bookings:
    """Draw who comes without an appointment: a walk-in books on arrival."""
    generator = clinic.generator(3)
    days = clinic.open_days(clinic.first, clinic.until)
    per_day = clinic.providers * clinic.walk_ins_per_day
    come = draw_times(clinic.demand, days, per_day, clinic.demand.walk_ins_effect, generator)
    who = patients.draw(len(come), generator)
    return Bookings(who, come, come, generator.integers(0, clinic.providers, len(come)))


def provider_names(clinic: SyntheticClinic) -> NDArray[np.object_]:
    """Return what the providers are called, (providers,)."""
    return names("provider ", clinic.providers)


def patient_names(clinic: SyntheticClinic) -> NDArray[np.object_]:
    """Return what the patients are called, (patients,)."""
    return names("p", clinic.patients)


def _offers(clinic: SyntheticClinic, offers: Offers, who: Whole, booked: Whole) -> pd.DataFrame:
    occasion, seat = np.nonzero(offers.there)
    at = (occasion, seat)
    return pd.DataFrame(
        {
            "offer_id": names("o", len(who))[occasion],
            "patient_id": patient_names(clinic)[who[occasion]],
            "offered_at": times(booked[occasion]),
            "seat_at": times(offers.seat_at[at]),
            "provider": provider_names(clinic)[offers.provider[at]],
            "chosen": offers.taken[occasion] == seat,
            "own_provider": offers.own[at],
            "acceptance": offers.acceptance[at],
        }
    )
