"""What a feed has: a patient's visits, or a provider's sessions without anybody's name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from icalendar import Calendar, Event
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from serve.booking.status import CANCELLED
from serve.calendars.component import calendar
from serve.calendars.revision import Revision, revision_of
from serve.calendars.sessions import booked_event, session_event
from serve.calendars.visit import Places, visit_event
from serve.models import Appointment, CalendarFeed, ClinicDay, Practice, Seat, StatusChange

#: How long a feed looks back, and how long what was cancelled stays in it.
BACK, CANCELLED_FOR = timedelta(days=90), timedelta(days=30)
#: How often a calendar program should look for changes (RFC 7986, 5.7).
REFRESH = timedelta(hours=1)
#: What a feed has until its time is over, beside holds that last and what was cancelled lately.
PLANNED = ("requested", "booked", "arrived", "in_consultation", "completed", "no_show")


def feed_of(session: Session, feed: CalendarFeed, now: datetime) -> bytes:
    """Return a feed as a file; the same bytes as long as nothing in it changes."""
    practice = session.get_one(Practice, feed.practice_id)
    events = (
        _of_provider(session, feed.provider_id, practice, now)
        if feed.provider_id is not None
        else _of_patient(session, feed.patient_id, practice, now)
    )
    return bytes(_named(calendar(practice.zone, events), feed, practice).to_ical())


def _named(made: Calendar, feed: CalendarFeed, practice: Practice) -> Calendar:
    """Return a calendar with its name, and how often it is to be read again.

    It has no ``X-WR-TIMEZONE``: readers that follow it are an hour wrong in the hour that clocks
    show twice.
    """
    name = feed.name or practice.name
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    return made


def _of_patient(
    session: Session, patient_id: UUID | None, practice: Practice, now: datetime
) -> list[Event]:
    query = _current(now).where(Appointment.patient_id == patient_id)
    found, revisions = _with_revisions(session, query)
    places = Places(session)
    return [visit_event(one, practice, places, revisions[one.id]) for one in found]


def _of_provider(
    session: Session, provider_id: UUID, practice: Practice, now: datetime
) -> list[Event]:
    days = session.scalars(
        select(ClinicDay)
        .where(ClinicDay.provider_id == provider_id, ClinicDay.ends_at >= now - BACK)
        .order_by(ClinicDay.starts_at)
    ).all()
    query = _current(now).join(Seat, Seat.id == Appointment.seat_id)
    query = query.join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
    found, revisions = _with_revisions(session, query.where(ClinicDay.provider_id == provider_id))
    of_days: dict[UUID, list[Appointment]] = {day.id: [] for day in days}
    for one in found:
        if one.clinic_day_id in of_days:
            of_days[one.clinic_day_id].append(one)
    places = Places(session)
    events = []
    for day in days:
        booked = of_days[day.id]
        at = max([day.created_at, *(revisions[one.id].at for one in booked)])
        events.append(session_event(day, booked, practice.zone, places, at))
        events += [booked_event(one, practice.zone, revisions[one.id]) for one in booked]
    return events


def _current(now: datetime) -> Select[Appointment]:
    """Return the query of appointments that a feed has at a moment, the earliest first."""
    return (
        select(Appointment)
        .where(
            Appointment.starts_at >= now - BACK,
            or_(
                Appointment.status.in_(PLANNED),
                and_(Appointment.status == "held", Appointment.held_until > now),
                and_(
                    Appointment.status.in_(CANCELLED),
                    Appointment.cancelled_at >= now - CANCELLED_FOR,
                ),
            ),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )


def _with_revisions(
    session: Session, query: Select[Appointment]
) -> tuple[Sequence[Appointment], Mapping[UUID, Revision]]:
    """Return appointments with their seats, and the revision of each, in two queries."""
    seats = joinedload(Appointment.seat).joinedload(Seat.clinic_day)
    found = session.scalars(query.options(seats)).all()
    identifiers = query.with_only_columns(Appointment.id).order_by(None)
    changes: Iterable[StatusChange] = session.scalars(
        select(StatusChange)
        .where(StatusChange.appointment_id.in_(identifiers))
        .order_by(StatusChange.appointment_id, StatusChange.number)
    )
    of = {key: list(group) for key, group in groupby(changes, lambda one: one.appointment_id)}
    return found, {one.id: revision_of(one, of.get(one.id, [])) for one in found}
