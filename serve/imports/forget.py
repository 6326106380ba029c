"""What imports keep of a patient, taken away when the patient is erased."""

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forecast.data.tables import TABLES
from serve.models import HistoryRow, ImportedRow, Patient


def forget_imported(session: Session, patient: Patient) -> None:
    """Take away what imports keep of a patient; rows of history stay, as those of nobody.

    Of these the columns stay that every history has: what else was kept may say who it was. It is
    called before the patient's identifiers are taken away, by which those rows are found.
    """
    gone = [patient.id, *(one.id for one in patient.identifiers)]
    numbers = [one.value for one in patient.identifiers]
    nobody = uuid4().hex
    rows = select(HistoryRow).where(
        HistoryRow.practice_id == patient.practice_id,
        HistoryRow.values["patient_id"].as_string().in_(numbers),
    )
    for row in session.scalars(rows) if numbers else ():
        known = {column.name for column in TABLES[row.table].columns}
        kept = {name: value for name, value in row.values.items() if name in known}
        row.values = kept | {"patient_id": nobody}
        gone.append(row.id)
    session.execute(
        update(ImportedRow)
        .where(ImportedRow.row_id.in_(gone), ImportedRow.before.is_not(None))
        .values(before={})
    )
