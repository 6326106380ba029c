"""Patients: who they are, who cares for them, what they prefer, and what is kept about them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import (
    Clock,
    Day,
    Email,
    Identifier,
    Minutes,
    Name,
    Phone,
    Sent,
    Told,
)
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.database import lock
from serve.errors import Forbidden, VersionChanged
from serve.models import Carer, Patient, Preference, Provider, User
from serve.notify.derive import rederive_all
from serve.patients import add_carer, remove_carer, searched, set_identifiers, still_there
from serve.privacy.erasure import erase
from serve.privacy.export import everything_about

patients = APIBlueprint("patients", __name__, url_prefix="/api/v1")

#: What of a patient those may change who act for the patient; the rest is the practice's.
CONTACT = {"email", "phone", "language"}

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$")]
Area = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._-]{0,60}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._-]{1,60}$")]
Number = Annotated[float, Field(ge=-1e12, le=1e12)]
Attributes = Annotated[dict[Key, bool | Number | Word], Field(max_length=50)]
Kind = Literal["confirmation", "reminder", "change", "cancellation", "delay", "offer"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class IdentifierIn(Sent):
    """What another system calls a patient."""

    system: Name
    value: Name


class PatientIn(Sent):
    """A patient to add."""

    name: Name
    born_on: Day | None = None
    email: Email | Literal[""] = ""
    phone: Phone = ""
    language: Language = "en"
    area: Area = ""
    attributes: Attributes = Field(default_factory=dict)
    identifiers: Annotated[list[IdentifierIn], Field(max_length=20)] = Field(default_factory=list)


class PatientChange(PatientIn):
    """What of a patient may be changed."""

    name: Name = ""


class PatientsIn(PageIn):
    """Which patients: how a word of the name begins, an identifier, or a date of birth."""

    name: Name | None = None
    identifier: Name | None = None
    born_on: Day | None = None


class IdentifierOut(Told):
    """What another system calls a patient."""

    system: str
    value: str


class PatientOut(Told):
    """A patient."""

    id: UUID
    name: str
    born_on: date | None
    email: str
    phone: str
    language: str
    area: str
    attributes: dict[str, Any]
    identifiers: list[IdentifierOut]
    user_id: UUID | None
    erased_at: datetime | None
    version: int


class PatientsOut(PageOut):
    """A page of patients."""

    items: list[PatientOut]


@route(
    patients, "GET", "/patients", "patient.read", "Search patients",
    query=PatientsIn, gives=PatientsOut,
)  # fmt: skip
def get_patients(call: Call, asked: PatientsIn) -> dict[str, Any]:
    """Return a page of patients: all of the practice for its staff, else one's own."""
    query = select(Patient).where(
        Patient.practice_id == call.practice_id, Patient.erased_at.is_(None)
    )
    if call.reach == "own":
        query = query.where(Patient.id.in_(call.actor.patient_ids))
    query = searched(query, asked.name, asked.identifier, asked.born_on)
    found = page(call.session, query, (Patient.name, Patient.id), asked)
    call.saw(*found["items"])
    return found


@route(
    patients, "POST", "/patients", "patient.create", "Add a patient",
    takes=PatientIn, gives=PatientOut, status=201,
)  # fmt: skip
def post_patient(call: Call, given: PatientIn) -> Patient:
    """Add a patient."""
    made = Patient(practice_id=call.practice_id, **given.model_dump(exclude={"identifiers"}))
    set_identifiers(made, [(one.system, one.value) for one in given.identifiers])
    call.session.add(made)
    call.session.flush()
    call.saw(made)
    return made


@route(
    patients, "GET", "/patients/<uuid:patient_id>", "patient.read", "Tell of a patient",
    gives=PatientOut,
)  # fmt: skip
def get_patient(call: Call, patient_id: UUID) -> Patient:
    """Return a patient."""
    return call.find(Patient, patient_id)


@route(
    patients, "PATCH", "/patients/<uuid:patient_id>", "patient.change", "Change a patient",
    takes=PatientChange, gives=PatientOut,
)  # fmt: skip
def patch_patient(call: Call, patient_id: UUID, given: PatientChange) -> Patient:
    """Change a patient; identifiers that are sent replace those that are there."""
    found = still_there(call.find_to_change(Patient, patient_id))
    if call.reach == "own" and not given.model_fields_set <= CONTACT:
        raise Forbidden("Only the practice changes who a patient is.")
    for name in given.model_fields_set - {"identifiers"}:
        setattr(found, name, getattr(given, name))
    if "identifiers" in given.model_fields_set:
        set_identifiers(found, [(one.system, one.value) for one in given.identifiers])
    return found


class CarerIn(Sent):
    """The user who is to act for a patient."""

    email: Email


class CarerOut(Told):
    """A user who acts for a patient."""

    user_id: UUID
    name: str


class CarersOut(Told):
    """Who acts for a patient, and the patient's version."""

    items: list[CarerOut]
    version: int


@route(
    patients, "GET", "/patients/<uuid:patient_id>/carers", "patient.read",
    "List who acts for a patient", gives=CarersOut,
)  # fmt: skip
def get_carers(call: Call, patient_id: UUID) -> dict[str, Any]:
    """Return a patient's carers."""
    return _carers(call, call.find(Patient, patient_id))


@route(
    patients, "POST", "/patients/<uuid:patient_id>/carers", "patient.carers",
    "Let a user act for a patient", takes=CarerIn, gives=CarersOut, effect="changes",
)  # fmt: skip
def post_carer(call: Call, patient_id: UUID, given: CarerIn) -> dict[str, Any]:
    """Let a user of the practice see and book for a patient."""
    found = still_there(call.find_to_change(Patient, patient_id))
    user = add_carer(call.session, found, given.email)
    call.note("carer", user.id, found.id, {"what": "add"})
    return _carers(call, found)


@route(
    patients, "DELETE", "/patients/<uuid:patient_id>/carers/<uuid:user_id>", "patient.carers",
    "Let a user act for a patient no longer", gives=CarersOut,
)  # fmt: skip
def delete_carer(call: Call, patient_id: UUID, user_id: UUID) -> dict[str, Any]:
    """Take a carer from a patient."""
    found = call.find_to_change(Patient, patient_id)
    remove_carer(call.session, found, user_id)
    call.note("carer", user_id, found.id, {"what": "remove"})
    return _carers(call, found)


class NoticesIn(Sent):
    """By which channels to be told, by none of nothing; what is not said is the practice's usual.

    ``reminder_hours`` says how many hours before a visit to be reminded, with an empty list never;
    ``delay_minutes`` by how much an expected start must have moved, and ``delay_every_minutes`` how
    long after one notice of delay the next may follow. What is ``opted_out`` is not told at all.
    """

    channels: Annotated[list[Literal["email", "sms"]], Field(max_length=2)]
    reminder_hours: (
        Annotated[list[Annotated[int, Field(strict=True, ge=1, le=720)]], Field(max_length=5)]
        | None
    ) = None
    delay_minutes: Minutes | None = None
    delay_every_minutes: Minutes | None = None
    opted_out: Annotated[list[Kind], Field(max_length=6)] = Field(default_factory=list)


class TimesIn(Sent):
    """Times of day between which a patient likes to come."""

    first: Clock
    last: Clock

    @model_validator(mode="after")
    def _in_order(self) -> "TimesIn":
        if self.first >= self.last:
            raise ValueError("must end after it begins")
        return self


class PreferenceIn(Sent):
    """What a patient prefers; without notices those that the practice gives."""

    providers: Annotated[list[Identifier], Field(max_length=20)] = Field(default_factory=list)
    weekdays: Annotated[list[Weekday], Field(max_length=7)] = Field(default_factory=list)
    times: Annotated[list[TimesIn], Field(max_length=10)] = Field(default_factory=list)
    notices: NoticesIn | None = None


class PreferenceOut(Told):
    """What a patient prefers; version 0 if nobody has said."""

    providers: list[UUID]
    weekdays: list[str]
    times: list[list[str]]
    notices: dict[str, Any]
    version: int


@route(
    patients, "GET", "/patients/<uuid:patient_id>/preferences", "patient.read",
    "Tell what a patient prefers", gives=PreferenceOut,
)  # fmt: skip
def get_preferences(call: Call, patient_id: UUID) -> dict[str, Any] | Preference:
    """Return a patient's preferences."""
    patient = call.find(Patient, patient_id)
    return _preference(call, patient) or {
        "providers": [], "weekdays": [], "times": [], "notices": {}, "version": 0,
    }  # fmt: skip


@route(
    patients, "PUT", "/patients/<uuid:patient_id>/preferences", "patient.change",
    "Say what a patient prefers", takes=PreferenceIn, gives=PreferenceOut,
)  # fmt: skip
def put_preferences(call: Call, patient_id: UUID, given: PreferenceIn) -> Preference:
    """Replace a patient's preferences, of the version that was read."""
    patient = call.find(Patient, patient_id)
    lock(call.session, Patient, patient.id)
    still_there(patient)
    found = _preference(call, patient)
    if call.if_match != (found.version if found is not None else 0):
        raise VersionChanged
    for identifier in given.providers:
        call.find(Provider, identifier, "provider.read")
    if found is None:
        found = Preference(patient_id=patient.id)
        call.session.add(found)
    found.providers = [str(one) for one in dict.fromkeys(given.providers)]
    found.weekdays = list(dict.fromkeys(given.weekdays))
    found.times = [[f"{one.first:%H:%M}", f"{one.last:%H:%M}"] for one in given.times]
    found.notices = {} if given.notices is None else given.notices.model_dump(exclude_unset=True)
    call.session.flush()
    rederive_all(call.session, patient, call.now)
    call.saw(found)
    return found


class ExportOut(Told):
    """Everything that is kept about a patient."""

    patient: dict[str, Any]
    identifiers: list[dict[str, Any]]
    account: dict[str, Any] | None
    carers: list[dict[str, Any]]
    preferences: list[dict[str, Any]]
    appointments: list[dict[str, Any]]
    waitlist: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    calendar_feeds: list[dict[str, Any]]
    accesses: list[dict[str, Any]]


@route(
    patients, "GET", "/patients/<uuid:patient_id>/export", "patient.export",
    "Export all data of a patient", gives=ExportOut,
)  # fmt: skip
def get_export(call: Call, patient_id: UUID) -> dict[str, Any]:
    """Return everything that is kept about a patient."""
    return everything_about(call.session, call.find(Patient, patient_id))


@route(
    patients, "POST", "/patients/<uuid:patient_id>/erase", "patient.erase",
    "Erase a patient's data", gives=PatientOut, effect="changes",
)  # fmt: skip
def post_erase(call: Call, patient_id: UUID) -> Patient:
    """Erase a patient for ever; visits stay, to be counted, and must not be to come."""
    found = call.find_to_change(Patient, patient_id)
    erase(call.session, found, call.now)
    return found


def _carers(call: Call, patient: Patient) -> dict[str, Any]:
    call.session.flush()
    query = (
        select(User)
        .join(Carer, Carer.user_id == User.id)
        .where(Carer.patient_id == patient.id)
        .order_by(User.name, User.id)
    )
    items = [{"user_id": one.id, "name": one.name} for one in call.session.scalars(query)]
    return {"items": items, "version": patient.version}


def _preference(call: Call, patient: Patient) -> Preference | None:
    found: Preference | None = call.session.scalar(
        select(Preference).where(Preference.patient_id == patient.id)
    )
    return found
