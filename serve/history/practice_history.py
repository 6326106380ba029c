"""The history of a practice: what it did with the service, and what it imported from before.

There are no names, contacts or dates of birth in it. Patients, visits and offers have pseudonyms
unless it stays within the service.
"""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pandas as pd
from sqlalchemy.orm import Session

from forecast.data.coercion import texts
from forecast.data.derived import arrivals_of_visits, consultations_of_visits
from forecast.data.history import History
from forecast.data.tables import TABLES
from forecast.data.validation import check_table
from serve.clock import day_bounds
from serve.errors import NotFound
from serve.history.imported import imported_rows, patients_by_number
from serve.history.own_visits import BESIDE, Window, own_offers, own_visits
from serve.history.pseudonyms import Pseudonyms
from serve.history.writing import within
from serve.models import Practice

#: Columns of pseudonyms, and what they name.
NAMED = {"visit_id": "visit", "patient_id": "patient", "offer_id": "offer"}
DAY_MINUTES, DAY = 1_440, timedelta(days=1)


def history_of_practice(
    session: Session, practice_id: UUID, pseudonymised: bool = True, key: str = ""
) -> History:
    """Return the history of a practice, on its wall clock.

    Parameters
    ----------
    session, practice_id
        Whose history.
    pseudonymised
        Whether patients, visits and offers have pseudonyms.
    key
        The service's secret key, of which pseudonyms are made.

    Returns
    -------
    History
        Visits: booked, walked in, cancelled or missed; further columns are ``age`` (years, at
        most 90), ``area``, and attributes of patients. Consultations: with the clinic day as the
        session. Arrivals: requests per day and walk-ins per hour of each type of visit. Offers:
        those of the waiting list. All united with imported rows, of which one that is here too is
        left out. Rows that break the forecasts' rules are left out.

    Raises
    ------
    NotFound
        If there is no such practice.
    """
    practice = _practice(session, practice_id)
    own = own_visits(session, practice_id, practice.zone)
    elsewhere = _visits_elsewhere(session, practice_id, own)
    visits = _all_visits(own.drop(columns=list(BESIDE)), elsewhere)
    imported = {
        name: imported_rows(session, practice_id, name) for name in TABLES if name != "visits"
    }
    tables = {
        "visits": visits,
        "consultations": _without_again(
            _united(_own_consultations(own), _consultations(elsewhere)),
            imported["consultations"],
            ["visit_id"],
        ),
        "arrivals": _without_again(_arrivals(visits), imported["arrivals"], ["series", "start"]),
        "offers": _united(own_offers(session, practice_id, practice.zone), imported["offers"]),
    }
    numbers = patients_by_number(session, practice_id)
    names = Pseudonyms(practice_id, key) if pseudonymised else None
    made = {name: _finished(name, one, numbers, names) for name, one in tables.items()}
    return History(**made, country=practice.country or None)


def visits_between(
    session: Session, practice_id: UUID, first: date, last: date, key: str
) -> pd.DataFrame:
    """Return the visits of some dates alone, as `history_of_practice` has them, under pseudonyms.

    Raises
    ------
    NotFound
        If there is no such practice.
    """
    practice = _practice(session, practice_id)
    begins, ends = day_bounds(first, last, practice.zone)
    # What was imported may have been written by another clock; which date it is of is seen below.
    window = begins - DAY, ends + DAY
    own = own_visits(session, practice_id, practice.zone, window)
    # Imported rows were checked as they were read.
    elsewhere = _visits_elsewhere(session, practice_id, own, window)
    visits = _all_visits(_checked("visits", own.drop(columns=list(BESIDE))), elsewhere)
    numbers = patients_by_number(session, practice_id)
    found = _named("visits", visits, numbers, Pseudonyms(practice_id, key))
    return within(found, TABLES["visits"], first, last)


def _practice(session: Session, practice_id: UUID) -> Practice:
    practice = session.get(Practice, practice_id)
    if practice is None:
        raise NotFound("practice")
    return practice


def _visits_elsewhere(
    session: Session, practice_id: UUID, own: pd.DataFrame, window: Window | None = None
) -> pd.DataFrame:
    """Return the imported visits, without those that are here too."""
    rows = imported_rows(session, practice_id, "visits", window)
    return rows[~rows["visit_id"].isin(own["external_id"])]


def _all_visits(own: pd.DataFrame, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """Return own and imported visits; where nothing was said of a walk-in, it was none."""
    visits = _united(own, elsewhere)
    if "walk_in" in visits:
        visits["walk_in"] = visits["walk_in"].eq(True)
    return visits


def _own_consultations(visits: pd.DataFrame) -> pd.DataFrame:
    """Return the consultations of own visits, their session being the clinic day."""
    made = _consultations(visits)
    if made.empty:
        return made
    sessions = visits.set_index("visit_id")["session"]
    made["session"] = made["visit_id"].map(sessions)
    made = made[made["minutes"] <= DAY_MINUTES]
    return made.drop(columns="external_id")


def _consultations(visits: pd.DataFrame) -> pd.DataFrame:
    """Return the consultations of visits, of which there may be none."""
    if len(visits):
        return consultations_of_visits(visits)
    return pd.DataFrame(columns=[one.name for one in TABLES["consultations"].columns])


def _arrivals(visits: pd.DataFrame) -> pd.DataFrame:
    """Return requests per day and walk-ins per hour, counted for each type of visit."""
    counted = []
    for name, part in visits.groupby("visit_type", sort=True):
        found = arrivals_of_visits(part)
        counted.append(found.assign(series=f"{name}: " + found["series"].astype(object)))
    if not counted:
        return pd.DataFrame(columns=[one.name for one in TABLES["arrivals"].columns])
    return pd.concat(counted, ignore_index=True)


def _without_again(first: pd.DataFrame, second: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return both tables, without rows of the second whose key the first has."""
    if len(first) and len(second):
        there = pd.MultiIndex.from_frame(first[key].astype(object))
        second = second[~pd.MultiIndex.from_frame(second[key].astype(object)).isin(there)]
    return _united(first, second)


def _united(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both tables, with all columns of either."""
    filled = [one for one in (first, second) if len(one)]
    if len(filled) < 2:
        return (filled or [first])[0].reset_index(drop=True)
    return pd.concat(filled, ignore_index=True)


def _finished(
    name: str, rows: pd.DataFrame, numbers: dict[str, str], names: Pseudonyms | None
) -> pd.DataFrame:
    """Return a table as the forecasts read it: checked, in order, with its pseudonyms."""
    return _named(name, _checked(name, rows), numbers, names)


def _checked(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that keep the rules of a table, with its columns as they should be."""
    table = TABLES[name]
    if rows.empty:
        return pd.DataFrame(columns=[one.name for one in table.columns])
    checked = check_table(rows, table)
    bad = set(checked.problems["row"] - 1)
    return checked.frame[[row not in bad for row in range(len(rows))]]


def _named(
    name: str, rows: pd.DataFrame, numbers: dict[str, str], names: Pseudonyms | None
) -> pd.DataFrame:
    """Return the rows of a table in order, with one text for each patient."""
    table = TABLES[name]
    if rows.empty:
        return rows
    known = {one.name for one in table.columns}
    mixed = [one for one in rows if one not in known and rows[one].dtype == object]
    made = rows.assign(**{str(one): texts(rows[one]) for one in mixed})
    if "patient_id" in made:
        made = made.assign(patient_id=made["patient_id"].map(lambda one: numbers.get(one, one)))
    if names is not None:
        hidden = {
            column: made[column].map(partial(names.name, kind))
            for column, kind in NAMED.items()
            if column in made
        }
        made = made.assign(**hidden)
    order = [table.time, *(one for one in table.key if one != table.time)]
    return made.sort_values(order, kind="stable", ignore_index=True)
