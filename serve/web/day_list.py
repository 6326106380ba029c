"""Who comes on a day: a row for each visit, with what is known and what can be noted next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from serve.api.appointments import AppointmentsIn, get_appointments
from serve.api.call import Call
from serve.api.live import get_live
from serve.live.expectation import Expectation, ExpectedCall
from serve.models import Appointment, Patient
from serve.web.names import everything, patients_of
from serve.web.texts import marked

#: What a row is about, and the statuses of each.
STATES: Mapping[str, tuple[str, ...]] = {
    "expected": ("booked", "held"),
    "waiting": ("arrived",),
    "seen": ("in_consultation",),
    "over": ("completed", "no_show", "cancelled_by_patient", "cancelled_by_practice", "expired"),
}
STATE_WORDS: Mapping[str, str] = {
    "expected": marked("Expected"),
    "waiting": marked("Waiting"),
    "seen": marked("In consultation"),
    "over": marked("Over"),
}
#: What a status is called on a day list.
STATUS_WORDS: Mapping[str, str] = {
    "requested": marked("requested"),
    "held": marked("held"),
    "booked": marked("expected"),
    "arrived": marked("waiting"),
    "in_consultation": marked("in consultation"),
    "completed": marked("seen"),
    "no_show": marked("did not come"),
    "cancelled_by_patient": marked("cancelled by patient"),
    "cancelled_by_practice": marked("cancelled by practice"),
    "expired": marked("not confirmed"),
}
#: What is usually noted next, by the endpoint's word.
NEXT: Mapping[str, str] = {"booked": "arrive", "arrived": "start", "in_consultation": "end"}
#: From how long before an appointment its patient may be noted as come.
EARLY = timedelta(hours=6)


@dataclass(frozen=True)
class Row:
    """A visit on a day list.

    Attributes
    ----------
    expected
        When the patient is expected to be called; None where nothing is expected.
    since
        Since when it is as it is.
    following
        What is usually noted next: ``arrive``, ``start`` or ``end``; empty where nothing is.
    """

    visit: Appointment
    patient: Patient
    expected: ExpectedCall | None
    since: datetime | None
    following: str

    @property
    def state(self) -> str:
        """Which of `STATES` it is."""
        return next(name for name, found in STATES.items() if self.visit.status in found)

    @property
    def word(self) -> str:
        """What the status is called."""
        return STATUS_WORDS[self.visit.status]


@dataclass(frozen=True)
class DayList:
    """A day of a practice, or of one provider.

    Attributes
    ----------
    rows
        In the order of the appointments' times.
    sessions
        Those of today that run or will, as they are expected to go on; of other days none.
    """

    day: date
    rows: list[Row]
    sessions: list[Expectation]

    def count(self, state: str) -> int:
        """Return how many visits are in one of `STATES`."""
        return sum(row.state == state for row in self.rows)

    def of(self, session: Expectation) -> list[Row]:
        """Return the visits of a session."""
        return [row for row in self.rows if row.visit.clinic_day_id == session.clinic_day_id]


def day_list(call: Call, day: date, today: date, provider_id: UUID | None = None) -> DayList:
    """Return a day as the reader may see it; what is shown of patients is noted."""
    asked = AppointmentsIn(first=day, last=day, provider_id=provider_id)
    visits = [
        one
        for one in everything(get_appointments, call.to("appointment.read"), asked)
        if one.seat is not None
    ]
    sessions: list[Expectation] = []
    if day == today:
        sessions = [
            one
            for one in get_live(call.to("live.read"))["items"]
            if provider_id in (None, one.provider_id)
        ]
    expected = {one.appointment_id: one for session in sessions for one in session.calls}
    patients = patients_of(call, {one.patient_id for one in visits})
    rows = [
        Row(
            one,
            patients[one.patient_id],
            expected.get(one.id),
            since(one),
            following(one, call.now),
        )
        for one in visits
    ]
    return DayList(day, rows, sessions)


def since(visit: Appointment) -> datetime | None:
    """Return since when a visit is as it is."""
    return {
        "booked": visit.booked_at,
        "arrived": visit.arrived_at,
        "in_consultation": visit.started_at,
        "completed": visit.ended_at,
        "cancelled_by_patient": visit.cancelled_at,
        "cancelled_by_practice": visit.cancelled_at,
    }.get(visit.status)


def following(visit: Appointment, now: datetime) -> str:
    """Return what is usually noted next of a visit; empty for one that is over, or far ahead."""
    if visit.starts_at is None or (visit.status == "booked" and visit.starts_at > now + EARLY):
        return ""
    return NEXT.get(visit.status, "")
