"""What a practice imported, as rows of the forecasts' tables."""

from uuid import UUID

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from forecast.data.columns import with_types
from forecast.data.tables import TABLES
from forecast.data.validation import check_table
from serve.history.own_visits import Window
from serve.models import HistoryRow, PatientIdentifier


def imported_rows(
    session: Session, practice_id: UUID, table: str, window: Window | None = None
) -> pd.DataFrame:
    """Return the imported rows of a table, or those of a window, with their further columns."""
    query = (
        select(HistoryRow.values)
        .where(HistoryRow.practice_id == practice_id, HistoryRow.table == table)
        .order_by(HistoryRow.at, HistoryRow.key)
    )
    if window is not None:
        query = query.where(HistoryRow.at.between(*window))
    rows = list(session.scalars(query))
    described = TABLES[table]
    if not rows:
        return pd.DataFrame(columns=[one.name for one in described.columns])
    frame = pd.DataFrame(rows, dtype=object)
    return check_table(with_types(frame, table), described).frame


def patients_by_number(session: Session, practice_id: UUID) -> dict[str, str]:
    """Return the patients by what other systems call them; a number of two patients is left out.

    So a patient whose visits were imported is the same one afterwards.
    """
    query = select(PatientIdentifier.value, PatientIdentifier.patient_id).where(
        PatientIdentifier.practice_id == practice_id
    )
    found: dict[str, set[UUID]] = {}
    for value, patient in session.execute(query):
        found.setdefault(value, set()).add(patient)
    return {value: str(min(ones)) for value, ones in found.items() if len(ones) == 1}
