"""The history of a made-up practice, from before it used the service."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

import pandas as pd
from sqlalchemy import insert
from sqlalchemy.orm import Session

from forecast.data.history import History
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.data.tables import OFFERS, VISITS
from serve.clock import at_wall_clock
from serve.imports.history import key_of, values_of
from serve.models import HistoryRow

#: A quarter.
WEEKS = 13


def draw_history(until: date, providers: Sequence[str], seed: int) -> History:
    """Return a made-up history of a quarter that ends before a Monday, with providers' names."""
    clinic = SyntheticClinic(
        first=pd.Timestamp(until) - pd.Timedelta(weeks=WEEKS),
        weeks=WEEKS,
        providers=len(providers),
        requests_per_day=8.0,
        walk_ins_per_day=1.5,
        country=None,
        seed=seed,
    )
    history = generate(clinic).history
    assert history.visits is not None
    assert history.offers is not None
    made_up = sorted(set(history.visits["provider"]) | set(history.offers["provider"]))
    names = dict(zip(made_up, providers, strict=False))
    for table in (history.visits, history.offers):
        table["provider"] = table["provider"].map(names)
    return history


def keep_history(session: Session, practice_id: UUID, zone: str, history: History) -> int:
    """Add visits and offers as rows of history; return how many there are.

    Arrivals and consultations follow from the visits.
    """
    rows = []
    for table, frame in ((VISITS, history.visits), (OFFERS, history.offers)):
        assert frame is not None
        # What was still to come at its end is not history.
        past = frame[frame["status"] != "booked"] if table is VISITS else frame
        for values in values_of(past):
            time = pd.Timestamp(values[table.time]).to_pydatetime()
            rows.append(
                {
                    "id": uuid4(),
                    "practice_id": practice_id,
                    "table": table.name,
                    "key": key_of(values, table),
                    "at": at_wall_clock(time.date(), time.time(), zone),
                    "values": values,
                    "version": 1,
                }
            )
    session.execute(insert(HistoryRow), rows)
    return len(rows)
