"""Slot: a seat, for one patient; who has it is not told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import joinedload

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.codes import CODES
from serve.fhir.kinds import Kind, Parameter, others
from serve.fhir.practice import local, rows_by_id, service_type, zone_of
from serve.fhir.references import reference
from serve.fhir.schedule import SCHEDULE, actor, day_of_type
from serve.fhir.serving import serve
from serve.models import Appointment, ClinicDay, Provider, Seat, VisitType
from serve.models.appointment import HOLDING

STATUSES = "http://hl7.org/fhir/slotstatus"
#: Extension that says for how many patients the slot's interval is, this slot's among them.
CAPACITY = "urn:bailey:interval-capacity"


def _held(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an appointment has a seat: a hold that ran out has none."""
    return and_(
        Appointment.status.in_(HOLDING),
        or_(Appointment.status != "held", Appointment.held_until > now),
    )


def _conditions(now: datetime) -> Mapping[str, ColumnElement[bool]]:
    """Return what seats of each status have."""
    holder = select(Appointment.id).where(Appointment.seat_id == Seat.id, _held(now))
    taken = holder.exists()
    tentative = holder.where(Appointment.status == "held").exists()
    # What nobody books is not free: withdrawn, beside the schedule, closed or past.
    kept = or_(
        Seat.withdrawn,
        Seat.extra,
        Seat.starts_at <= now,
        not_(ClinicDay.open),
        not_(Provider.active),
        not_(VisitType.active),
    )
    return {
        "free": and_(not_(taken), not_(kept)),
        "busy": and_(taken, not_(tentative)),
        "busy-tentative": tentative,
        "busy-unavailable": and_(not_(taken), kept),
        "entered-in-error": false(),
    }


def _rows(call: Call) -> Select[Any]:
    query = (
        select(Seat)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .join(VisitType, VisitType.id == ClinicDay.visit_type_id)
        .where(ClinicDay.practice_id == call.practice_id)
        .options(joinedload(Seat.clinic_day))
    )
    if call.actor.roles != {"patient"}:
        return query
    # What others have is not for patients to see.
    own = select(Appointment.seat_id).where(
        Appointment.patient_id.in_(call.actor.patient_ids), _held(call.now)
    )
    return query.where(or_(_conditions(call.now)["free"], Seat.id.in_(own)))


def tell_slots(call: Call, seats: Sequence[Seat]) -> list[dict[str, Any]]:
    """Return seats as Slots."""
    zone = zone_of(call)
    days = [seat.clinic_day for seat in seats]
    types = rows_by_id(call, VisitType, (day.visit_type_id for day in days))
    providers = rows_by_id(call, Provider, (day.provider_id for day in days))
    query = select(Appointment.seat_id, Appointment.status).where(
        Appointment.seat_id.in_([seat.id for seat in seats]), _held(call.now)
    )
    holders: dict[UUID | None, str] = {seat: status for seat, status in call.session.execute(query)}

    capacities = _capacities(call, {day.id for day in days})

    def status(seat: Seat, day: ClinicDay) -> str:
        if seat.id in holders:
            return "busy-tentative" if holders[seat.id] == "held" else "busy"
        bookable = day.open and providers[day.provider_id].active
        bookable = bookable and types[day.visit_type_id].active
        kept = seat.withdrawn or seat.extra or seat.starts_at <= call.now
        return "free" if bookable and not kept else "busy-unavailable"

    return [
        {
            "resourceType": "Slot",
            "id": str(seat.id),
            "extension": [
                {"url": CAPACITY, "valueUnsignedInt": capacities.get((day.id, seat.interval), 0)}
            ],
            "serviceType": service_type(types[day.visit_type_id]),
            "schedule": reference("Schedule", day.id),
            "status": status(seat, day),
            "start": local(seat.starts_at, zone),
            "end": local(seat.ends_at, zone),
            "overbooked": seat.extra,
        }
        for seat, day in zip(seats, days, strict=True)
    ]


def _capacities(call: Call, days: Iterable[UUID]) -> dict[tuple[UUID, int], int]:
    """Return how many seats each interval of some sessions has that were not withdrawn."""
    query = (
        select(Seat.clinic_day_id, Seat.interval, func.count())
        .where(Seat.clinic_day_id.in_(days), not_(Seat.withdrawn))
        .group_by(Seat.clinic_day_id, Seat.interval)
    )
    return {(day, interval): count for day, interval, count in call.session.execute(query)}


def _of_status(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    code = values.code_of("status", value, STATUSES, CODES["Slot.status"])
    return false() if code is None else _conditions(call.now)[code]


SLOT = Kind(
    name="Slot",
    model=Seat,
    argument="uuid:seat_id",
    action="seat.search",
    rows=_rows,
    order=(Seat.starts_at, Seat.id),
    tell=tell_slots,
    parameters={
        "schedule": Parameter(
            "reference",
            "of which session it is",
            lambda call, value, _: values.refers(value, Schedule=Seat.clinic_day_id),
        ),
        "schedule.actor": Parameter(
            "reference", "whose session it is of", lambda call, value, _: actor(value)
        ),
        "start": Parameter(
            "date",
            "when it begins",
            lambda call, value, _: values.when("start", value, zone_of(call), Seat.starts_at),
        ),
        "status": Parameter("token", "whether it can be booked", _of_status),
        "service-type": Parameter(
            "token", "for which visits", lambda call, value, _: day_of_type(value)
        ),
    },
    includes={
        "schedule": lambda call, seats: others(
            call, SCHEDULE, [seat.clinic_day_id for seat in seats]
        )
    },
    versioned=False,
)
serve(SLOT)
