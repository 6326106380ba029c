"""The table of visits of a made-up clinic, from bookings to what became of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.data.synthetic.attendance import miss_probabilities
from forecast.data.synthetic.bookings import Bookings, patient_names, provider_names
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.consultations import VISIT_TYPES, draw_seconds, log_means
from forecast.data.synthetic.course import consultation_times
from forecast.data.synthetic.lead_times import DAY
from forecast.data.synthetic.names import names, times
from forecast.data.synthetic.outcomes import COMPLETED, STATUSES, draw_arrivals, draw_outcomes
from forecast.data.synthetic.patients import AREAS, Patients

#: Reminders are sent for appointments that were booked so many days ahead.
REMINDED_FROM = 3


@dataclass(frozen=True)
class Visits:
    """The table of visits, and the truth behind it.

    Attributes
    ----------
    table
        The visits.
    no_show
        Probability that a visit is missed, by ``visit_id``, without walk-ins.
    log_minutes
        Mean of the logarithm of the minutes, by ``visit_id``.
    """

    table: pd.DataFrame
    no_show: pd.Series
    log_minutes: pd.Series


def draw_visits(
    clinic: SyntheticClinic, patients: Patients, booked: Bookings, walk_ins: Bookings
) -> Visits:
    """Draw what becomes of what was booked and of those who came without an appointment."""
    generator = clinic.generator(4)
    every = booked.join(walk_ins)
    who, count = every.who, len(every.who)
    walk_in = np.arange(count) >= len(booked.who)
    shares = clinic.consultations.shares
    kind = generator.choice(len(shares), count, p=shares)
    kind[walk_in] = VISIT_TYPES.index("urgent")
    telephone, new = (kind == VISIT_TYPES.index(name) for name in ("telephone", "new"))
    lead = every.scheduled // DAY - every.booked // DAY
    reminded = patients.reminded[who] & (lead >= REMINDED_FROM)
    miss = np.zeros(count)
    if len(booked.who):
        asked = ~walk_in
        miss[asked] = miss_probabilities(
            clinic.attendance, patients, who[asked], lead[asked],
            reminded[asked], new[asked], telephone[asked],
        )  # fmt: skip

    until = clinic.until.value // 10**9
    outcome, cancelled = draw_outcomes(clinic.attendance, every, miss, until, generator)
    came = outcome == COMPLETED
    paces = clinic.generator(5).standard_normal(clinic.providers)
    # Their mean is that of the law, also where there are few.
    paces -= paces.mean()
    law = clinic.consultations
    log_minutes = log_means(law, patients, paces, who, every.provider, kind)
    arrived = draw_arrivals(every, walk_in | telephone, generator)
    seconds = draw_seconds(law, log_minutes, generator)
    started, ended = np.full(count, -1), np.full(count, -1)
    started[came], ended[came] = consultation_times(
        every.provider[came], every.scheduled[came], arrived[came], seconds[came]
    )
    table = pd.DataFrame(
        {
            "visit_id": names("v", count)[clinic.generator(6).permutation(count)],
            "patient_id": patient_names(clinic)[who],
            "provider": provider_names(clinic)[every.provider],
            "visit_type": np.array(VISIT_TYPES, object)[kind],
            "booked_at": times(every.booked),
            "scheduled_at": times(every.scheduled),
            "status": np.array(STATUSES, object)[outcome],
            "arrived_at": times(np.where(came, arrived, -1)),
            "started_at": times(started),
            "ended_at": times(ended),
            "cancelled_at": times(cancelled),
            "walk_in": walk_in,
            "age": patients.age[who],
            "sex": np.array(["M", "F"], object)[patients.woman[who].astype(np.int64)],
            "area": np.array(AREAS, object)[patients.area[who]],
            "reminder": reminded,
        }
    )
    order = np.lexsort((every.booked, every.scheduled))
    table = table.iloc[order].reset_index(drop=True)
    index = pd.Index(table["visit_id"])
    return Visits(
        table=table,
        no_show=pd.Series(miss[order], index=index)[~walk_in[order]],
        log_minutes=pd.Series(log_minutes[order], index=index),
    )
