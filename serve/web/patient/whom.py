"""For whom somebody books: for oneself, or for one of those cared for."""

from dataclasses import dataclass
from uuid import UUID

from flask import request

from serve.api.call import Call
from serve.api.pages import PageIn
from serve.api.patients import PatientsIn, get_patients
from serve.errors import Conflict, NotFound
from serve.models import Patient
from serve.web.names import everything
from serve.web.texts import _


@dataclass(frozen=True)
class Whom:
    """For whom a page is.

    Attributes
    ----------
    patient
        The one.
    others
        All for whom the reader acts, with that one, in the order of their names.
    """

    patient: Patient
    others: list[Patient]


def for_whom(call: Call, patient_id: UUID | None = None) -> Whom:
    """Return for whom the request is: whom it names, or else the reader, or the first cared for.

    Parameters
    ----------
    patient_id
        Whose the page is, where what it shows says so.

    Raises
    ------
    NotFound
        If the reader does not act for the one who is named.
    Conflict
        If the reader acts for nobody.
    """
    to = call.to("patient.read")
    own = [one for one in everything(get_patients, to, PatientsIn(**PageIn().model_dump()))
           if one.id in call.actor.patient_ids]  # fmt: skip
    named = request.values.get("whom", "") if patient_id is None else str(patient_id)
    if named:
        own_ids = {str(one.id): one for one in own}
        if named not in own_ids:
            raise NotFound("patient")
        return Whom(own_ids[named], own)
    oneself = next((one for one in own if one.user_id == call.actor.user_id), None)
    first = oneself or next(iter(own), None)
    if first is None:
        told = _("Your account is not connected with a patient: ask your practice to connect it.")
        raise Conflict(told, "not_connected")
    return Whom(first, own)
