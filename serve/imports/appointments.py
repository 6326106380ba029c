"""Appointments that are still to come, from a file: each needs a published session at its time.

An appointment takes a free seat of that time, or where there is none an extra seat is made for it,
so that what was promised elsewhere is kept and the overbooking is seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from serve.imports.fields import Field, moment, short_text
from serve.imports.outcome import Outcome
from serve.imports.patients import SYSTEM, known_patients
from serve.imports.place import Place
from serve.imports.providers import providers_by_name
from serve.imports.report import Problem
from serve.imports.rows import Row, Rows
from serve.imports.sessions import Seats, clinic_day_at
from serve.imports.writing import Writer, locked, table_of, together
from serve.models import Appointment, ClinicDay, Patient, Seat, StatusChange, VisitType
from serve.models.appointment import BUSY
from serve.notify.imported import remind_of

REASON = "import"


def appointment_fields(place: Place) -> Mapping[str, Field]:
    """Return the columns of appointments."""
    return {
        "appointment_id": short_text(required=True),
        "patient": short_text(required=True),
        "system": short_text(),
        "provider": short_text(required=True),
        "visit_type": short_text(required=True),
        "scheduled_at": moment(place.zone, required=True),
        "booked_at": moment(place.zone),
    }


def import_appointments(rows: Rows, place: Place, writer: Writer) -> Outcome:
    """Book appointments that were booked elsewhere."""
    session = writer.session
    rows.once("appointment_id", {row.line: row.values["appointment_id"] for row in rows.usable})
    _resolve(rows, place, writer)
    there = _imported_before(session, place.practice_id, rows.usable)
    _check_unchanged(rows, there)
    rows.leave_out(
        Problem(row.line, column, message)
        for row in rows.usable
        if row.values["appointment_id"] not in there
        for column, message in _out_of_time(row, place)
    )
    _find_sessions(rows, place, session, there)
    new = [row for row in rows.usable if row.values["appointment_id"] not in there]
    _check_free(rows, new, session)
    good = {row.line for row in rows.usable}
    new = [row for row in new if row.line in good]
    _book(new, place, writer)
    return Outcome(len(new), 0, len(rows.usable) - len(new))


def _resolve(rows: Rows, place: Place, writer: Writer) -> None:
    """Replace names by what they name, and leave out rows that name nothing.

    What is no name is a row's identifier, or a type of visit, that was looked up already.
    """
    session = writer.session
    types = select(VisitType).where(VisitType.practice_id == place.practice_id)
    visit_types = {one.name: one for one in session.scalars(types)}
    providers = providers_by_name(writer, place.practice_id)
    keys = {
        row.line: (row.values.get("system", SYSTEM), row.values["patient"])
        for row in rows.usable
        if isinstance(row.values["patient"], str)
    }
    patients = known_patients(session, place.practice_id, keys.values())
    problems = []
    for row in rows.usable:
        values = row.values
        named = {
            "patient": patients.get(keys[row.line]) if row.line in keys else values["patient"],
            "provider": providers.get(values["provider"], values["provider"]),
            "visit_type": visit_types.get(values["visit_type"], values["visit_type"]),
        }
        named = {name: None if isinstance(one, str) else one for name, one in named.items()}
        for column, found in named.items():
            if found is None:
                message = f"must be a {column.replace('_', ' ')} that is known here"
                problems.append(Problem(row.line, column, message))
        values |= named
    rows.leave_out(problems)


def _imported_before(
    session: Session, practice_id: UUID, rows: Iterable[Row]
) -> dict[str, Appointment]:
    found: dict[str, Appointment] = {}
    for part in together(row.values["appointment_id"] for row in rows):
        query = select(Appointment).where(
            Appointment.practice_id == practice_id, Appointment.external_id.in_(part)
        )
        found.update({one.external_id: one for one in session.scalars(query)})
    return found


def _check_unchanged(rows: Rows, there: Mapping[str, Appointment]) -> None:
    """Leave out rows whose appointment is here already, but another one."""
    problems = []
    for row in rows.usable:
        found = there.get(row.values["appointment_id"])
        if found is None:
            continue
        same = (
            found.patient_id == row.values["patient"]
            and found.visit_type_id == row.values["visit_type"].id
            and found.starts_at == row.values["scheduled_at"]
        )
        if not same:
            message = "must be as it was imported before: what is booked is changed by rescheduling"
            problems.append(Problem(row.line, "appointment_id", message))
    rows.leave_out(problems)


def _out_of_time(row: Row, place: Place) -> list[tuple[str, str]]:
    found = []
    scheduled, booked = row.values["scheduled_at"], row.values.get("booked_at")
    if scheduled <= place.now:
        message = "must be still to come; what has been is imported as visits"
        found.append(("scheduled_at", message))
    if booked is not None and booked > min(place.now, scheduled):
        found.append(("booked_at", "must not be after now"))
    return found


def _find_sessions(
    rows: Rows, place: Place, session: Session, there: Mapping[str, Appointment]
) -> None:
    """Give each new row its clinic day, and leave out those that have none."""
    new = [row for row in rows.usable if row.values["appointment_id"] not in there]
    if not new:
        return
    times = [row.values["scheduled_at"] for row in new]
    query = select(ClinicDay).where(
        ClinicDay.practice_id == place.practice_id,
        ClinicDay.ends_at > min(times),
        ClinicDay.starts_at <= max(times),
    )
    days: dict[UUID, list[ClinicDay]] = defaultdict(list)
    for day in session.scalars(locked(query.order_by(ClinicDay.id))):
        days[day.provider_id].append(day)
    problems = []
    for row in new:
        values = row.values
        day = clinic_day_at(days[values["provider"]], values["scheduled_at"])
        values["clinic_day"] = day
        if day is None:
            message = "must be within a published session of the provider"
            problems.append(Problem(row.line, "scheduled_at", message))
        elif day.visit_type_id != values["visit_type"].id:
            message = "must be that of the published session at that time"
            problems.append(Problem(row.line, "visit_type", message))
    rows.leave_out(problems)


def _check_free(rows: Rows, new: list[Row], session: Session) -> None:
    """Leave out rows whose patient has another appointment at that time."""
    busy: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    good = {row.line for row in rows.usable}
    new = [row for row in new if row.line in good]
    earliest = min((row.values["scheduled_at"] for row in new), default=None)
    for part in together(sorted({row.values["patient"] for row in new})):
        # The patients are locked first, in one order, as every booking does.
        session.execute(locked(select(Patient.id).where(Patient.id.in_(part)).order_by(Patient.id)))
        query = select(Appointment.patient_id, Appointment.starts_at, Appointment.ends_at).where(
            Appointment.patient_id.in_(part),
            Appointment.status.in_(BUSY),
            Appointment.ends_at > earliest,
        )
        for patient, starts, ends in session.execute(query):
            if starts is not None and ends is not None:
                busy[patient].append((starts, ends))
    problems = []
    for row in new:
        starts = row.values["scheduled_at"]
        ends = starts + timedelta(minutes=row.values["visit_type"].minutes)
        taken = busy[row.values["patient"]]
        if any(first < ends and last > starts for first, last in taken):
            message = "must be a time at which the patient has no other appointment"
            problems.append(Problem(row.line, "scheduled_at", message))
        else:
            taken.append((starts, ends))
    rows.leave_out(problems)


def _book(new: list[Row], place: Place, writer: Writer) -> None:
    seats = Seats(writer.session, {row.values["clinic_day"].id for row in new})
    appointments = []
    for row in new:
        values = row.values
        starts = values["scheduled_at"]
        seat = seats.take(values["clinic_day"], starts, values["visit_type"].minutes, REASON)
        appointments.append(
            {
                "id": uuid4(),
                "practice_id": place.practice_id,
                "patient_id": values["patient"],
                "visit_type_id": values["visit_type"].id,
                "seat_id": seat.id,
                "status": "booked",
                "starts_at": starts,
                "ends_at": seat.ends_at,
                "booked_at": values.get("booked_at", place.now),
                "walk_in": False,
                "external_id": values["appointment_id"],
                "version": 1,
            }
        )
    writer.add(Seat, seats.made)
    writer.add(Appointment, appointments)
    changes: list[dict[str, Any]] = [
        {
            "id": uuid4(),
            "created_at": place.now,
            "appointment_id": one["id"],
            "number": 1,
            "status": "booked",
            "at": place.now,
            "user_id": place.user_id,
            "reason": REASON,
            "before": {},
        }
        for one in appointments
    ]
    if changes:
        writer.session.execute(insert(table_of(StatusChange)), changes)
    remind_of(writer.session, place.practice_id, appointments, place.now)
