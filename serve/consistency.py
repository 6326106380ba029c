"""Whether what is stored can be: what must never happen, looked for row by row.

The database keeps most of it from happening; this finds what somebody changed by hand, a fault of
the disk, or a fault of ours.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from serve.models import Appointment, Base, ClinicDay, Offer, Seat, StatusChange
from serve.models.appointment import BUSY, HOLDING

Rule = Callable[[Session], Iterator[str]]


def what_is_wrong(session: Session) -> list[str]:
    """Return what cannot be, in sentences that name rows by their identifiers."""
    return [sentence for rule in RULES for sentence in rule(session)]


def _one_holder_per_seat(session: Session) -> Iterator[str]:
    query = (
        select(Appointment.seat_id)
        .where(Appointment.status.in_(HOLDING))
        .group_by(Appointment.seat_id)
        .having(func.count() > 1)
    )
    for seat in session.scalars(query):
        yield f"seat {seat} has more than one holder"


def _nobody_twice_at_once(session: Session) -> Iterator[str]:
    """Look at neighbours in time, which is enough to find one overlap for each patient."""
    wanted = (
        ("patient", Appointment, Appointment.patient_id, Appointment.status.in_(BUSY)),
        ("provider", ClinicDay, ClinicDay.provider_id, ClinicDay.provider_id.is_not(None)),
        ("room", ClinicDay, ClinicDay.room_id, ClinicDay.room_id.is_not(None)),
    )
    for what, model, owner, counts in wanted:
        query = select(owner, model.starts_at, model.ends_at).where(
            counts, model.starts_at.is_not(None)
        )
        rows = session.execute(query.order_by(owner, model.starts_at))
        for who, some in groupby(rows, lambda row: row[0]):
            until: Any = None
            for _, starts, ends in some:
                if until is not None and starts < until:
                    yield f"{what} {who} is in two places at once"
                    break
                until = ends if until is None else max(until, ends)


def _appointments_fit_their_seats(session: Session) -> Iterator[str]:
    query = (
        select(Appointment.id)
        .join(Seat, Seat.id == Appointment.seat_id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(
            or_(
                Appointment.starts_at != Seat.starts_at,
                Appointment.ends_at != Seat.ends_at,
                Appointment.practice_id != ClinicDay.practice_id,
            )
        )
    )
    for appointment in session.scalars(query):
        yield f"appointment {appointment} has another time or practice than its seat"


def _seats_are_in_their_sessions(session: Session) -> Iterator[str]:
    query = (
        select(Seat.id)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(or_(Seat.starts_at < ClinicDay.starts_at, Seat.starts_at >= ClinicDay.ends_at))
    )
    for seat in session.scalars(query.where(Seat.extra.is_(False), Seat.withdrawn.is_(False))):
        yield f"seat {seat} is outside its session"


def _no_more_holders_than_seats(session: Session) -> Iterator[str]:
    """Compare, of each interval of a session, who comes with how many places it has."""
    holders = (
        select(Appointment.seat_id, func.count().label("count"))
        .where(Appointment.status.in_(HOLDING))
        .group_by(Appointment.seat_id)
        .subquery()
    )
    query = (
        select(Seat.clinic_day_id, Seat.interval)
        .outerjoin(holders, holders.c.seat_id == Seat.id)
        .group_by(Seat.clinic_day_id, Seat.interval)
        .having(func.coalesce(func.sum(holders.c.count), 0) > func.count(Seat.id))
    )
    for day, interval in session.execute(query):
        yield f"interval {interval} of clinic day {day} has more patients than places"


def _histories_lead_to_statuses(session: Session) -> Iterator[str]:
    last = (
        select(
            StatusChange.appointment_id,
            func.max(StatusChange.number).label("number"),
            func.min(StatusChange.number).label("first"),
            func.count().label("count"),
        )
        .group_by(StatusChange.appointment_id)
        .subquery()
    )
    newest = aliased(StatusChange)
    query = (
        select(
            Appointment.id,
            Appointment.status,
            newest.status,
            last.c.number,
            last.c.first,
            last.c.count,
        )
        .outerjoin(last, last.c.appointment_id == Appointment.id)
        .outerjoin(
            newest,
            and_(newest.appointment_id == Appointment.id, newest.number == last.c.number),
        )
    )
    for appointment, status, told, number, first, count in session.execute(query):
        if told is None:
            yield f"appointment {appointment} has no history"
        elif told != status:
            yield f"appointment {appointment} is {status}, and its history ends with {told}"
        elif number - first + 1 != count:
            yield f"the history of appointment {appointment} has a gap"


def _open_offers_keep_their_seats(session: Session) -> Iterator[str]:
    query = (
        select(Offer.id)
        .join(Appointment, Appointment.id == Offer.hold_id)
        .where(
            Offer.status == "offered",
            or_(Appointment.status != "held", Appointment.seat_id != Offer.seat_id),
        )
    )
    for offer in session.scalars(query):
        yield f"offer {offer} is open and does not keep its seat"


def _nothing_refers_to_nothing(session: Session) -> Iterator[str]:
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            count = session.scalar(_orphans(key.parent, key.column))
            if count:
                yield f"{table.name}.{key.parent.name}: {count} rows refer to nothing"


def _orphans(child: Column[Any], parent: Column[Any]) -> Select[Any]:
    above = parent.table.alias()
    return (
        select(func.count())
        .select_from(child.table.outerjoin(above, above.c[parent.name] == child))
        .where(child.is_not(None), above.c[parent.name].is_(None))
    )


RULES: tuple[Rule, ...] = (
    _one_holder_per_seat,
    _nobody_twice_at_once,
    _appointments_fit_their_seats,
    _seats_are_in_their_sessions,
    _no_more_holders_than_seats,
    _histories_lead_to_statuses,
    _open_offers_keep_their_seats,
    _nothing_refers_to_nothing,
)
