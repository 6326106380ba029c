"""What imports keep of a patient, taken away when the patient is erased."""

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serve.models import HistoryRow, ImportedRow, Patient


def forget_imported(session: Session, patient: Patient) -> None:
    """Take away what imports keep of a patient; rows of history stay, as those of nobody.

    It is called before the patient's identifiers are taken away, by which those rows are found.
    """
    session.execute(
        update(ImportedRow)
        .where(ImportedRow.row_id == patient.id, ImportedRow.before.is_not(None))
        .values(before={})
    )
    numbers = [one.value for one in patient.identifiers]
    if not numbers:
        return
    nobody = uuid4().hex
    rows = select(HistoryRow).where(
        HistoryRow.practice_id == patient.practice_id,
        HistoryRow.values["patient_id"].as_string().in_(numbers),
    )
    for row in session.scalars(rows):
        row.values = row.values | {"patient_id": nobody}
