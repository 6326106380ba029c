"""What was known of each table at a moment: what had happened strictly before it, and no more.

When the outcome of a visit is known, if the clinic did not record the moment, is a decision made
here once: as soon as its day is over. A patient who is late may still come, the status of many
systems is set in the evening, and where only the day of an appointment is recorded the time of day
says nothing. So

- a completed visit is known to be completed when it has ended, or when its day is over if its end
  is not recorded;
- a missed one is known to be missed when its day is over;
- a cancelled one is known to be cancelled from ``cancelled_at`` on, or when its day is over if that
  is not recorded: until then a forecast has it as booked, as the clinic had;
- before that, a visit is ``booked``, ``arrived`` or ``in_consultation`` by its times. ``requested``
  and ``held`` are shown as ``booked`` too, since which of them became more is learned only later.

A count is known when its period is over, a consultation when it has ended, a choice when the seats
are offered. Rows keep the labels of their index.
"""

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
#: Minutes that a consultation takes at most: a day.
LONGEST = 1_440
#: What happens to a visit, in this order, and what its status is from then on.
EVENTS = {"arrived_at": "arrived", "started_at": "in_consultation", "ended_at": None}


def known_visits(visits: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the visits that were booked before a moment, as they were known then."""
    if visits.empty:
        return visits
    known = visits[visits["booked_at"] < moment].copy()
    final = known["status"].to_numpy(object)
    shown = np.full(len(known), "booked", object)
    day_over = (known["scheduled_at"].dt.normalize() + DAY <= moment).to_numpy()
    decided = day_over
    for name, status in EVENTS.items():
        if name in known:
            happened = known[name].lt(moment).to_numpy()
            if status is None:
                ended = known[name].notna().to_numpy() & (final == "completed")
                decided = np.where(ended, happened, decided)
            else:
                shown[happened] = status
            known[name] = known[name].where(happened)
    if "cancelled_at" in known:
        happened = known["cancelled_at"].lt(moment).to_numpy()
        cancelled = np.isin(final, ("cancelled_by_patient", "cancelled_by_practice"))
        recorded = known["cancelled_at"].notna().to_numpy() & cancelled
        decided = np.where(recorded, happened, decided)
        known["cancelled_at"] = known["cancelled_at"].where(happened)
    known["status"] = np.where(decided, final, shown)
    return known


def known_arrivals(arrivals: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the counts of the periods that were over at a moment."""
    if arrivals.empty:
        return arrivals
    return arrivals[arrivals["start"] + period_lengths(arrivals) <= moment]


def known_consultations(consultations: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the consultations that had ended before a moment."""
    if consultations.empty:
        return consultations
    minutes = pd.to_numeric(consultations["minutes"], errors="coerce")
    # Minutes that cannot be are not hidden: who learns from them is to refuse them.
    lengths = pd.to_timedelta(minutes.where(minutes.between(0, LONGEST), 0.0), unit="min")
    return consultations[consultations["started_at"] + lengths < moment]


def known_offers(offers: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return what was offered before a moment; whoever chooses, chooses when it is offered."""
    return offers if offers.empty else offers[offers["offered_at"] < moment]


def period_lengths(arrivals: pd.DataFrame) -> pd.Series:
    """Return the length of the period of each row: the shortest time between two of its series.

    It is a day where a series has a single period.
    """
    ordered = arrivals[["series", "start"]].sort_values(["series", "start"], kind="stable")
    between = ordered.groupby("series", observed=True, sort=False)["start"].diff()
    between = between.where(between > pd.Timedelta(0))
    shortest = between.groupby(ordered["series"], observed=True, sort=False).transform("min")
    return shortest.fillna(DAY).reindex(arrivals.index)
