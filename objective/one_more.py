"""The session of some patients and one more, who may differ from them."""

from dataclasses import replace

from objective.errors import InvalidInput
from objective.patients import PatientType
from objective.session import MAX_PATIENTS, ClinicSession

#: Names of the types of the patients where the one more differs from them.
BOOKED, NEW = "booked", "one more"


def with_one_more(
    session: ClinicSession, booked: int, patient: PatientType | str | None
) -> ClinicSession:
    """Return the session of ``booked`` patients of a session and, as the last, one more.

    Parameters
    ----------
    booked
        Number of patients; where they differ, all of the session.
    patient
        Type of the one more: one of the session's by name, any, or None for one like the others.

    Raises
    ------
    InvalidInput
        If the type is unknown, if it must be named because patients differ, or if there would be
        too many patients.
    """
    if booked + 1 > MAX_PATIENTS:
        allowed = f"at most {MAX_PATIENTS - 1}, so that there is room for one more"
        raise InvalidInput("patients booked", booked, allowed)
    types, order = session.patient_types, session.order
    if patient is None:
        if not session.alike:
            allowed = "a type, because the session's patients differ: " + ", ".join(types or ())
            raise InvalidInput("patient", patient, allowed)
        everyone = None if order is None else [order[0]] * (booked + 1)
        return replace(session, patients=booked + 1, order=everyone)
    if isinstance(patient, str):
        if types is None or patient not in types:
            allowed = "one of the session's patient types: " + (", ".join(types or ()) or "none")
            raise InvalidInput("patient", patient, allowed)
        patient = types[patient]
    if not isinstance(patient, PatientType):
        raise InvalidInput("patient", patient, "a PatientType, the name of one, or None")
    if types is None or order is None:
        types, order = {BOOKED: PatientType()}, [BOOKED] * booked
    elif session.alike:
        order = [order[0]] * booked
    name = NEW
    while name in types:
        name += "'"
    types = {**types, name: patient}
    return replace(session, patients=booked + 1, patient_types=types, order=[*order, name])
