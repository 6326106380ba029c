"""Booking by phone: whom for, then a time with what it means to everybody, then it is booked."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import g, url_for

from serve.api.appointments import (
    MoveIn,
    SeatFor,
    get_appointment,
    move_appointment,
    post_appointment,
    post_hold,
)
from serve.api.attendance import ExtraSeatIn, WalkInIn, post_extra_seat, post_walk_in
from serve.api.call import Call
from serve.api.fields import Identifier
from serve.api.publishing import ClinicDaysIn, get_clinic_day, get_clinic_days
from serve.models import Appointment, Patient, Seat
from serve.web.finding import WEEKDAYS, Chosen, Wishes, find_times, nearest_others
from serve.web.forms import read
from serve.web.front_desk.blueprint import pages
from serve.web.front_desk.patients import Looked, look_for
from serve.web.names import everything, providers_of, visit_types_of
from serve.web.page import Done, does, shows
from serve.web.rendering import render
from serve.web.texts import _
from serve.web.times import clock, on_wall, short_day


class Booking(Wishes):
    """What is looked for, and for whom."""

    patient_id: Identifier | None = None
    name: str | None = None
    born_on: date | None = None
    seat_id: Identifier | None = None
    hold: Identifier | None = None


@shows(pages, "/book", "appointment.book")
def book(call: Call) -> str:
    """Show who is meant, or the times for whoever is."""
    wishes = read(Booking, lists=("weekdays",))
    moving = None
    if wishes.appointment_id is not None:
        get_appointment(call.to("appointment.read"), wishes.appointment_id)
        moving = call.session.get_one(Appointment, wishes.appointment_id)
    patient_id = moving.patient_id if moving is not None else wishes.patient_id
    patient = None if patient_id is None else call.to("patient.read").find(Patient, patient_id)
    looked = Looked(name=wishes.name, born_on=wishes.born_on)
    visit_types = {key: one for key, one in visit_types_of(call).items() if one.active}
    wanted = moving.visit_type_id if moving is not None else wishes.visit_type_id
    visit_type = visit_types.get(wanted) if wanted else next(iter(visit_types.values()), None)
    found, others = None, []
    if patient is not None and visit_type is not None:
        taken = _taken(call, wishes)
        if taken is not None:
            others = nearest_others(call, wishes, visit_type, patient.id, taken)
        found = find_times(call, wishes, visit_type, patient.id)
    return render(
        "front_desk/book.html",
        fragment="front_desk/_times.html",
        wishes=wishes,
        moving=moving,
        patient=patient,
        looked=looked,
        people=look_for(call, looked) if patient is None else [],
        visit_type=visit_type,
        visit_types=visit_types,
        providers={key: one for key, one in providers_of(call).items() if one.active},
        found=found,
        others=others,
        weekdays=WEEKDAYS,
    )


def _taken(call: Call, wishes: Booking) -> Seat | None:
    """Return the seat that was chosen and could not be had; None if it was not so."""
    chosen = wishes.seat_id or wishes.hold
    return None if chosen is None or "refusal" not in g else call.session.get(Seat, chosen)


@does(pages, "/book", "appointment.book", form=book)
def post_booking(call: Call) -> Done:
    """Book the time that was chosen, or keep it for a while, or move the visit to it."""
    wishes = read(Booking, lists=("weekdays",))
    if wishes.appointment_id is not None:
        chosen = MoveIn(
            seat_id=read(Chosen, beside=set(Booking.model_fields) - {"seat_id"}).seat_id
        )
        moved = move_appointment(call.to("appointment.change"), wishes.appointment_id, chosen)
        return _booked(call, moved, _("%(name)s is moved to %(day)s, %(time)s."))
    if wishes.hold is not None and wishes.patient_id is not None:
        held = post_hold(call, SeatFor(seat_id=wishes.hold, patient_id=wishes.patient_id))
        return _booked(call, held, _("%(day)s, %(time)s is kept for %(name)s for a while."))
    made = post_appointment(call, read(SeatFor, beside=set(Booking.model_fields) - set(
        SeatFor.model_fields)))  # fmt: skip
    return _booked(call, made, _("%(name)s is booked on %(day)s, %(time)s."))


def _booked(call: Call, made: Appointment, said: str) -> Done:
    patient = call.session.get_one(Patient, made.patient_id)
    assert made.starts_at is not None
    words = {
        "name": patient.name,
        "day": short_day(made.starts_at),
        "time": clock(made.starts_at),
    }
    undo = url_for(".undoing", appointment_id=made.id)
    to = url_for(".today", day=on_wall(made.starts_at).isoformat())
    return Done(to, said % words, undo, _("Change or undo"))


@shows(pages, "/walk-in", "walk_in.register")
def walk_in(call: Call) -> str:
    """Show who came unbooked, and with whom a session is held now."""
    wishes = read(Booking, lists=("weekdays",), beside=("provider",))
    patient = None
    if wishes.patient_id is not None:
        patient = call.to("patient.read").find(Patient, wishes.patient_id)
    looked = Looked(name=wishes.name, born_on=wishes.born_on)
    today = on_wall(call.now)
    days = everything(
        get_clinic_days, call.to("clinic_day.read"), ClinicDaysIn(first=today, last=today)
    )
    held = {one["provider_id"] for one in days if one["starts_at"] <= call.now < one["ends_at"]}
    providers = providers_of(call)
    return render(
        "front_desk/walk_in.html",
        wishes=wishes,
        patient=patient,
        looked=looked,
        people=look_for(call, looked) if patient is None else [],
        providers={key: one for key, one in providers.items() if key in held},
    )


@does(pages, "/walk-in", "walk_in.register", form=walk_in)
def post_walk_in_form(call: Call) -> Done:
    """Let somebody who came unbooked be seen."""
    made = post_walk_in(call, read(WalkInIn))
    return _booked(call, made, _("%(name)s waits as a walk-in since %(time)s."))


@shows(pages, "/extra/<uuid:clinic_day_id>", "seat.add")
def extra(call: Call, clinic_day_id: UUID) -> str:
    """Show the form of a seat beside the schedule."""
    given = read(Booking, lists=("weekdays",), beside=("interval", "reason", "clinic_day_id"))
    patient = None
    if given.patient_id is not None:
        patient = call.to("patient.read").find(Patient, given.patient_id)
    day = get_clinic_day(call.to("clinic_day.read"), clinic_day_id)
    return render(
        "front_desk/extra.html",
        patient=patient,
        day=day,
        times=interval_times(day),
        providers=providers_of(call),
    )


def interval_times(day: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the intervals of a session, each with its time."""
    length = timedelta(minutes=day["interval_minutes"])
    number = int((day["ends_at"] - day["starts_at"]) / length)
    return [(one, clock(day["starts_at"] + one * length)) for one in range(number)]


@does(pages, "/extra/<uuid:clinic_day_id>", "seat.add", form=extra)
def post_extra(call: Call, clinic_day_id: UUID) -> Done:
    """Add a seat with a reason, and book it."""
    made = post_extra_seat(call, read(ExtraSeatIn, clinic_day_id=str(clinic_day_id)))
    return _booked(call, made, _("%(name)s is booked beside the schedule on %(day)s, %(time)s."))
